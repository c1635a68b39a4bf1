@v2auth
Feature: The V2 token
  A Basic user's is a DB token as the login gives it, an OAuth user's a signed JWT.

  @V2AUTH-07
  Scenario: A Basic user's token has the shape of a login's
    Given the first token of every active Basic user
    Then each token has the documented shape

  @V2AUTH-07
  Scenario: A Basic user's token names its user
    Given the first token of every active Basic user
    Then each token names its user

  @V2AUTH-07 @last
  Scenario: Every Basic user's token of the whole run has that shape, and names its user
    Given every V2 token of this run of an active Basic user
    Then each token has the documented shape
    And each token names its user

  @V2AUTH-13
  Scenario: An OAuth user's token is a JWT with the documented claims
    Given the first token of every active OAuth user
    Then each token has the documented shape

  @V2AUTH-13 @last
  Scenario: Every OAuth user's token of the whole run is such a JWT, and about its user
    Given every V2 token of this run of an active OAuth user
    Then each token has the documented shape
    And each token names its user

  @V2AUTH-13
  Scenario: The identity domain's keys verify the signature
    Given the first token of every active OAuth user
    And the identity domain's key set is known
    Then each token's signature verifies

  @V2AUTH-13 @last
  Scenario: The identity domain's keys verify every signature of the whole run
    Given the identity domain's key set is known
    And every V2 token of this run of an active OAuth user
    Then each token's signature verifies

  @V2AUTH-21
  Scenario Outline: No two users get the same token: every <who>
    Given the first token of every <who>
    Then no two users have the same token

    Examples:
      | who               |
      | active Basic user |
      | active OAuth user |

  @V2AUTH-21
  Scenario: Every token of an OAuth user is a new one
    Given an active OAuth user
    When the user asks for a V2 token
    And the user asks for a V2 token again
    And the user asks for a V2 token again
    Then no two tokens are the same

  @V2AUTH-21 @last
  Scenario: No two Basic users get the same token in the whole run
    Given every V2 token of this run of an active Basic user
    Then no two tokens of the run are alike

  @V2AUTH-21 @last
  Scenario: No token of an OAuth user and no jti comes twice in the whole run
    Given every V2 token of this run of an active OAuth user
    Then no two tokens of the run are alike

  @V2LOGIN-02
  Scenario: What the tokens of both versions have in common
    Given what a V1 token and a V2 token of one user have in common
    Then it is noted, not judged
