@oauth
Feature: Calling other REST services with an OAuth token
  The token is sent as a Bearer token.

  @OAUTH-11
  Scenario: A token is accepted at once, and again
    Given an active OAuth user
    When the user asks for an OAuth token
    And the token is used as a Bearer token
    And the token is used as a Bearer token
    Then each call is accepted

  @OAUTH-11
  Scenario: A token is accepted after the next one was fetched
    Given an active OAuth user
    When the user asks for an OAuth token
    And the user asks for an OAuth token again
    And the second token is used as a Bearer token
    And the first token is used as a Bearer token
    Then each call is accepted

  @LOGIN-16
  Scenario Outline: A call with <what>
    Given an active OAuth user
    When the user asks for an OAuth token
    And another service is called with <what>
    Then the call is not accepted

    Examples:
      | what                                      |
      | the token with a changed signature        |
      | the token with a changed claim            |
      | the token without its signature           |
