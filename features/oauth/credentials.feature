Feature: Asking for an OAuth token
  An OAuth-type integration user gets a token for its user name and password of the identity domain.

  @OAUTH-01
  Scenario: Every active OAuth user gets a token
    Given the first token of every active OAuth user
    Then each user is given a token
