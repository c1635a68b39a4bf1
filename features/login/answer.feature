@login
Feature: What the answer to a login looks like
  The answer is one JSON object with five fields.

  @LOGIN-02
  Scenario: The answer has the documented fields
    Given the first login of every active Basic user
    Then each answer has the documented fields

  @LOGIN-02 @last
  Scenario: Every answer of the whole run has the documented fields
    Given every login of this run
    Then each answer has the documented fields

  @LOGIN-03
  Scenario: The answer repeats the status as a number
    Given the first login of every active Basic user
    Then each answer's status is the number 200

  @LOGIN-03 @last
  Scenario: Every answer of the whole run repeats the status as a number
    Given every login of this run
    Then each answer's status is the number 200
