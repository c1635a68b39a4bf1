@login
Feature: What a refused login says
  A program that logs in must be able to tell why it was refused.
  Where a front end answers in the place of the service, with a page or with bare text, that it does not say why is a warning.

  @LOGIN-24
  Scenario Outline: The refusal of <what> has the documented message
    Given the refused login of <what>
    Then the refusal has the documented message

    Examples:
      | what                             |
      | nobody                           |
      | an unknown user name             |
      | credentials that are not base64  |

  @LOGIN-24
  Scenario: The refusal of an invalid expiry has the documented message
    Given the login takes an expiry
    And the refused login of an invalid expiry
    Then the refusal has the documented message

  @LOGIN-24 @last
  Scenario: Every refusal of the whole run has the documented message
    Given every refused login of this run
    Then each refusal has the documented message

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
