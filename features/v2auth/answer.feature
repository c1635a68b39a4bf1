@v2auth
Feature: What the answer with a V2 token looks like
  One call serves both kinds of users. Its answer is always an envelope of data, message and status.

  @V2AUTH-02
  Scenario Outline: The answer to <who> is an envelope
    Given the first token of every <who>
    Then each answer has the documented envelope

    Examples:
      | who               |
      | active Basic user |
      | active OAuth user |

  @V2AUTH-02 @last
  Scenario: Every answer of the whole run is an envelope
    Given every V2 token of this run
    Then each answer has the documented envelope

  @V2AUTH-03
  Scenario: A Basic user's answer has the documented fields
    Given the first token of every active Basic user
    Then each answer has the documented fields

  @V2AUTH-03 @last
  Scenario: Every answer to a Basic user in the whole run has the documented fields
    Given every V2 token of this run of an active Basic user
    Then each answer has the documented fields

  @V2AUTH-06
  Scenario Outline: The auth_type of an <who> is that of the user
    Given the first token of every <who>
    Then each answer's auth_type, if there is one, is the user's type

    Examples:
      | who               |
      | active Basic user |
      | active OAuth user |

  @V2AUTH-06 @last
  Scenario: Every auth_type of the whole run is that of the user
    Given every V2 token of this run
    Then each answer's auth_type, if there is one, is the user's type

  @V2AUTH-08
  Scenario: An OAuth user's answer has the documented fields
    Given the first token of every active OAuth user
    Then each answer has the documented fields

  @V2AUTH-08 @last
  Scenario: Every answer to an OAuth user in the whole run has the documented fields
    Given every V2 token of this run of an active OAuth user
    Then each answer has the documented fields

  @V2AUTH-11
  Scenario: An OAuth user's token_type is Bearer, where there is one
    Given the first token of every active OAuth user
    Then each answer's token_type, if there is one, is Bearer

  @V2AUTH-11 @last
  Scenario: Every token_type of the whole run is Bearer, where there is one
    Given every V2 token of this run of an active OAuth user
    Then each answer's token_type, if there is one, is Bearer

  @V2AUTH-12
  Scenario: Where the token is good the answer says in full, if it says it at all
    Given the first token of every active OAuth user
    Then each answer's endpoint and headers, if there are any, are right

  @V2AUTH-12 @last
  Scenario: Every answer of the whole run says it in full, if it says it at all
    Given every V2 token of this run of an active OAuth user
    Then each answer's endpoint and headers, if there are any, are right

  @V2AUTH-14
  Scenario Outline: The list of messages to an <who> is empty
    Given the first token of every <who>
    Then each answer's list of messages is empty

    Examples:
      | who               |
      | active Basic user |
      | active OAuth user |

  @V2AUTH-14 @last
  Scenario: Every list of messages with a token in the whole run is empty
    Given every V2 token of this run
    Then each answer's list of messages is empty

  @V2AUTH-17
  Scenario Outline: A form body beside the call of an <who> changes nothing
    Given an <who>
    When the user asks for a V2 token
    And the user asks for a V2 token with a form body
    Then the answer is as right as one without a form body

    Examples:
      | who               |
      | active Basic user |
      | active OAuth user |
