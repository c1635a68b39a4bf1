@hygiene
Feature: Hygiene of V2's answers
  What holds for the other services holds for V2.

  @SEC-01 @last
  Scenario: No V2 token of the whole run may be kept in a cache
    Given every V2 token of this run
    Then no answer may be kept in a cache

  @SEC-02
  Scenario Outline: The refused V2 token of <what> says which scheme to use
    Given the refused V2 token of <what>
    Then each refusal names the scheme to use

    Examples:
      | what                 |
      | nobody               |
      | an unknown user name |

  @SEC-02 @last
  Scenario: Every refusal of the V2 service says which scheme to use
    Given every error of the V2 service in this run
    Then each refusal names the scheme to use

  @SEC-03
  Scenario: The call for a V2 token does not give away which users exist
    Given the refused V2 token of an unknown user name
    And the refused V2 token of a wrong password
    Then both refusals look the same

  @SEC-04 @last
  Scenario: No answer of the V2 service holds the credentials
    Given every answer of the V2 service in this run
    Then no answer gives away the credentials

  @SEC-05 @last
  Scenario: Every V2 token of the whole run is declared as JSON
    Given every V2 token of this run
    Then each answer is declared as JSON

  @SEC-05 @last
  Scenario: Every error of the V2 service is declared as JSON
    Given every error of the V2 service in this run
    Then each answer is declared as JSON

  @SEC-07
  Scenario: A refused V2 token shows no internals
    Given the refused V2 token of nobody
    And the refused V2 token of an unknown user name
    And the refused V2 token of credentials that are not base64
    And the refused V2 token of very long credentials
    Then no refusal shows internals of the server

  @SEC-07 @last
  Scenario: No error of the V2 service shows internals
    Given every answer of the V2 service in this run
    Then no refusal shows internals of the server
