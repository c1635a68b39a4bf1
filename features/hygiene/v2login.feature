@hygiene
Feature: Hygiene of V2 login's answers
  What holds for the other services holds for V2 login.

  @SEC-01 @last
  Scenario: No V2 login of the whole run may be kept in a cache
    Given every V2 login of this run
    Then no answer may be kept in a cache

  @SEC-02 @last
  Scenario: Every refusal of the V2 login service says which scheme to use
    Given every error of the V2 login service in this run
    Then each refusal names the scheme to use

  @SEC-03
  Scenario: V2 login does not give away which users exist
    Given the refused V2 login of an unknown user name
    And the refused V2 login of a wrong password
    Then both refusals look the same

  @SEC-04 @last
  Scenario: No answer of the V2 login service holds the credentials
    Given every answer of the V2 login service in this run
    Then no answer gives away the credentials

  @SEC-05 @last
  Scenario: Every V2 login of the whole run is declared as JSON
    Given every V2 login of this run
    Then each answer is declared as JSON

  @SEC-05 @last
  Scenario: Every error of the V2 login service is declared as JSON
    Given every error of the V2 login service in this run
    Then each answer is declared as JSON

  @SEC-07 @last
  Scenario: No error of the V2 login service shows internals
    Given every answer of the V2 login service in this run
    Then no refusal shows internals of the server
