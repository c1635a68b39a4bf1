@oauth
Feature: Calling other REST services with an OAuth token
  The token is sent as a Bearer token. Where the answer names an endpoint and headers, the call goes there and carries them.

  @OAUTH-11
  Scenario: A token is accepted at once, and again
    Given an active OAuth user
    When the user asks for an OAuth token
    And the token is used
    And the token is used again
    Then each call is accepted

  @OAUTH-11
  Scenario: The newest token is accepted, round after round
    Given an active OAuth user
    When each user fetches a token and uses it, 3 rounds over
    Then each call is accepted

  @OAUTH-11
  Scenario Outline: A token that was asked for with an expiry of <expiry> seconds is accepted
    Given an active OAuth user
    When the user asks for an OAuth token with the expiry "<expiry>"
    And the token is used
    Then each call is accepted

    Examples:
      | expiry    |
      | 300       |
      | {default} |

  @OAUTH-11
  Scenario: A refused call leaves the token alone
    Given an active OAuth user
    When the user asks for an OAuth token
    And the user asks for an OAuth token with the expiry "0"
    And the token is used
    Then each call is accepted

  @OAUTH-11 @end
  Scenario: The newest tokens of the run, and fresh ones, are accepted after all that could have spoilt them
    Given every active OAuth user
    When each user's newest token is used, then one more that is fetched
    Then each call is accepted

  @OAUTH-11 @last
  Scenario: Every newest token of the whole run was accepted whenever it was used
    Given every use of an OAuth token in this run
    Then each call is accepted

  @LOGIN-16
  Scenario Outline: A call with <what>
    Given the newest token of an active OAuth user
    When another service is called with <what>
    Then the call is not accepted

    Examples:
      | what                                            |
      | the token with a changed signature              |
      | the token with the end of its signature changed |
      | the token without the end of its signature      |
      | the token with the algorithm none               |
      | the token with a changed claim                  |
      | the token without its signature                 |
      | the token and one character more                |
