@login
Feature: Calling other REST services with a login token
  The token is what all other REST services ask for. What was never issued is sent as Bearer and as Basic, and once more.

  @LOGIN-16
  Scenario: A token is accepted at once
    Given an active Basic user
    When the user logs in
    And the token is used
    Then the call is accepted

  @LOGIN-16
  Scenario Outline: A call with <what>
    When another service is called with <what>
    Then the call is not accepted

    Examples:
      | what                             |
      | no token                         |
      | an empty token                   |
      | a token of the right shape       |
      | a token of another kind          |

  @LOGIN-16
  Scenario Outline: A call with <what>
    Given the newest token of an active Basic user
    When another service is called with <what>
    Then the call is not accepted

    Examples:
      | what                                       |
      | the token with its last character changed  |
      | the token with a digit of its GUID changed |
      | the token without its last character       |
      | the token and one character more           |
      | the token in the other case                |
      | the token with another user's name         |
      | the token with another first part          |
