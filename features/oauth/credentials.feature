@oauth
Feature: Asking for an OAuth token
  An OAuth-type integration user gets a token for its user name and password of the identity domain.

  @OAUTH-01
  Scenario: Every active OAuth user gets a token
    Given the first token of every active OAuth user with a plain password
    Then each user is given a token

  @LOGIN-20 @breadth @passwords
  Scenario Outline: A password may hold <what>
    Given the first token of every OAuth user whose password holds <what>
    Then each user is given a token, as others are

    Examples:
      | what                           |
      | a colon                        |
      | a letter beyond ASCII          |
