@login
Feature: What a refused login says
  A program that logs in must be able to tell why it was refused.

  @LOGIN-17
  Scenario Outline: The refusal of <what> says why
    Given the refused login of <what>
    Then the refusal says why

    Examples:
      | what                             |
      | nobody                           |
      | an unknown user name             |
      | credentials that are not base64  |

  @LOGIN-17
  Scenario: The refusal of an invalid expiry says why
    Given the login takes an expiry
    And the refused login of an invalid expiry
    Then the refusal says why
