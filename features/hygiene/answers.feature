@hygiene
Feature: Hygiene of answers with a token
  None of this is in Unifier's documentation; it follows from the standards that the services build on.

  @SEC-01
  Scenario: A login's answer is not kept in caches
    Given the first login of every active Basic user
    Then no answer may be kept in a cache

  @SEC-01
  Scenario: An answer with an OAuth token is not kept in caches
    Given the first token of every active OAuth user
    Then no answer may be kept in a cache

  @SEC-04
  Scenario: A login's answer does not hold the password
    Given the first login of every active Basic user
    Then no answer gives away the credentials

  @SEC-04
  Scenario: An answer with an OAuth token does not hold the password
    Given the first token of every active OAuth user
    Then no answer gives away the credentials

  @SEC-05
  Scenario: A login's answer is declared as JSON
    Given the first login of every active Basic user
    Then each answer is declared as JSON

  @SEC-05
  Scenario: An answer with an OAuth token is declared as JSON
    Given the first token of every active OAuth user
    Then each answer is declared as JSON
