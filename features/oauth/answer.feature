@oauth
Feature: What the answer with an OAuth token looks like
  The fields may stand at the top or inside of data; the documentation shows both.

  @OAUTH-04
  Scenario: The answer has the documented fields
    Given the first token of every active OAuth user
    Then each answer has the documented fields

  @OAUTH-04 @last
  Scenario: Every answer of the whole run has the documented fields
    Given every OAuth token of this run
    Then each answer has the documented fields

  @OAUTH-14
  Scenario: A message, if there is one, says success
    Given the first token of every active OAuth user
    Then each answer's message is success, if there is one

  @OAUTH-14
  Scenario: A message, if there is one, says success when an expiry was asked for
    Given an active OAuth user
    When the user asks for an OAuth token with the expiry "300"
    Then the answer's message is success, if there is one
