@oauth
Feature: The OAuth token
  The access token is a signed JWT about the user that asked.

  @OAUTH-07
  Scenario: The token is a JWT with the documented claims
    Given the first token of every active OAuth user
    Then each token has the documented shape

  @OAUTH-07 @last
  Scenario: No token of the whole run is about another user
    Given every OAuth token of this run
    Then each token names its user

  @OAUTH-08
  Scenario: The claims agree with the answer
    Given the first token of every active OAuth user
    Then each token's claims agree with the answer

  @OAUTH-08
  Scenario Outline: The claims agree with the answer when <expiry> seconds were asked for
    Given an active OAuth user
    When the user asks for an OAuth token with the expiry "<expiry>"
    Then each token's claims agree with the answer

    Examples:
      | expiry    |
      | 300       |
      | {default} |

  @OAUTH-12
  Scenario: Every token is a new one
    Given an active OAuth user
    When the user asks for an OAuth token
    And the user asks for an OAuth token again
    And the user asks for an OAuth token again
    Then no two tokens are the same

  @OAUTH-13
  Scenario: The identity domain's keys verify the signature
    Given the first token of every active OAuth user
    And the identity domain's key set is known
    Then each token's signature verifies
