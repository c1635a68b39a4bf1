@oauth
Feature: Every answer of the OAuth service counts
  What the documentation says of answers holds for each of them, whatever the call, and after all that could spoil it.

  @OAUTH-01 @last
  Scenario: Every call of the whole run with right credentials got a token
    Given every call with right credentials of the OAuth service in this run
    Then each user is given a token

  @OAUTH-02 @last
  Scenario: Every token that was asked for without an expiry is valid for the documented default
    Given every OAuth token of this run
    Then each token is valid for the documented default

  @OAUTH-03 @last
  Scenario: Every token that was asked for with an expiry is valid for just that
    Given every OAuth token of this run
    Then each token is valid for as long as was asked

  @OAUTH-06 @last
  Scenario: Every error of the whole run says why
    Given every error of the OAuth service in this run
    Then each error says why

  @OAUTH-07 @last
  Scenario: Every token of the whole run is a JWT with the documented claims
    Given every OAuth token of this run
    Then each token has the documented shape

  @OAUTH-08 @last
  Scenario: The claims of every token of the whole run agree with the answer
    Given every OAuth token of this run
    Then each token's claims agree with the answer

  @OAUTH-12 @last
  Scenario: No token and no jti comes twice in the whole run
    Given every OAuth token of this run
    Then no two tokens of the run are alike

  @OAUTH-13 @last
  Scenario: The identity domain's keys verify every signature of the whole run
    Given the identity domain's key set is known
    And every OAuth token of this run
    Then each token's signature verifies

  @OAUTH-14 @last
  Scenario: Every message of the whole run with a token, if there is one, says success
    Given every OAuth token of this run
    Then each answer's message is success, if there is one
