@v2auth
Feature: The newest V2 token lasts until its end
  It is accepted as Bearer until its time, below the endpoint and with the headers that its answer names, if it names any.
  Older tokens are never used: a fetch by any service may have ended them.

  @V2AUTH-16
  Scenario: The newest token of the shortest duration in minutes is accepted, round after round
    Given the Basic user with the shortest duration in minutes
    When each user fetches a token and uses it, 3 rounds over
    Then each call is accepted

  @V2AUTH-16
  Scenario: The newest token of every user with a duration in minutes is accepted
    Given every Basic user whose duration is set in minutes
    When each user fetches a token and uses it, 1 round over
    Then each call is accepted

  @V2AUTH-16
  Scenario Outline: The newest token of a user <with> is accepted, round after round
    Given a Basic user <with>
    When each user fetches a token and uses it, 3 rounds over
    Then each call is accepted

    Examples:
      | with                             |
      | whose duration was never changed |
      | whose duration is set in hours   |
      | whose duration is set in days    |

  @V2AUTH-16
  Scenario: The newest token of an OAuth user is accepted, round after round
    Given an active OAuth user
    When each user fetches a token and uses it, 3 rounds over
    Then each call is accepted

  @V2AUTH-16
  Scenario: Every OAuth user's token is accepted
    Given every active OAuth user
    When each user fetches a token and uses it, 1 round over
    Then each call is accepted

  @V2AUTH-16
  Scenario Outline: A token that was asked for with an expiry of <expiry> seconds is accepted
    Given an active OAuth user
    When the user asks for a V2 token with the expiry "<expiry>"
    And the token is used
    Then each call is accepted

    Examples:
      | expiry    |
      | 300       |
      | {default} |

  @V2AUTH-16
  Scenario: A refused expiry leaves the token alone
    Given an active OAuth user
    When the user asks for a V2 token
    And the user asks for a V2 token with the expiry "0"
    And the token is used
    Then each call is accepted

  @V2AUTH-16 @slow
  Scenario: A token with the shortest duration in minutes lasts until its end
    Given the Basic user with the shortest duration in minutes
    When the user asks for a V2 token
    And half a minute is left of the token
    And the token is used
    Then the call is accepted

  @V2AUTH-16 @end
  Scenario Outline: The newest V2 tokens of every <who>, and fresh ones, are accepted after all that could have spoilt them
    Given every <who>
    When each user's newest token is used, then one more that is fetched
    Then each call is accepted

    Examples:
      | who               |
      | active Basic user |
      | active OAuth user |

  @V2AUTH-16 @last
  Scenario: Every newest V2 token of the whole run was accepted whenever it was used
    Given every use of a V2 token in this run
    Then each call is accepted
