@oauth
Feature: Asking for an OAuth token without acceptable credentials
  By analogy with the login, the call is refused with HTTP 401.

  @OAUTH-10
  Scenario Outline: <header>
    When somebody asks for an OAuth token with <header>
    Then the missing Authorization header is refused

    Examples:
      | header                              |
      | no Authorization header             |
      | an empty Authorization header       |

  @OAUTH-10
  Scenario: No Authorization header right after a token was given, whose connection or address may be remembered
    Given an active OAuth user
    When the user asks for an OAuth token
    And somebody asks for an OAuth token with no Authorization header
    Then the missing Authorization header is refused
    When the user asks for an OAuth token again
    And somebody asks for an OAuth token with no Authorization header
    Then the missing Authorization header is refused

  @OAUTH-10
  Scenario Outline: <header>
    When somebody asks for an OAuth token with <header>
    Then the Authorization header is refused as invalid

    Examples:
      | header                              |
      | the scheme alone                    |
      | the scheme Bearer                   |
      | credentials that are not base64     |
      | credentials without a colon         |
      | an empty user name                  |
      | an unknown user name                |

  @OAUTH-10
  Scenario Outline: A wrong password: <password>
    Given an active OAuth user
    When the user asks for an OAuth token with a wrong password: <password>
    Then the Authorization header is refused as invalid

    Examples:
      | password                        |
      | the right one and a blank       |
      | none                            |
      | the right one in the other case |

  @OAUTH-10
  Scenario: Right credentials under the scheme Bearer
    Given an active OAuth user
    When the user asks for an OAuth token with the right credentials under the scheme Bearer
    Then the Authorization header is refused as invalid

  @OAUTH-10
  Scenario: A Basic-type user gets no OAuth token
    Given an active Basic user
    When the user asks for an OAuth token
    Then the Basic-type user is refused
