@login
Feature: The token of a login
  A login token is opaque to integrations, yet its shape has been stable for years, and programs depend on it.

  @LOGIN-04
  Scenario: The token has three parts
    Given the first login of every active Basic user
    Then each token has the documented shape

  @LOGIN-04 @last
  Scenario: Every token of the whole run has three parts
    Given every login of this run
    Then each token has the documented shape

  @LOGIN-05
  Scenario: The token names the user that asked
    Given the first login of every active Basic user
    Then each token names its user

  @LOGIN-05 @last
  Scenario: No token of the whole run names another user
    Given every login of this run
    Then each token names its user

  @LOGIN-18
  Scenario: Two users never get the same token
    Given the first login of every active Basic user
    Then no two users have the same token

  @LOGIN-18
  Scenario: A token cannot be guessed from the user's other tokens
    Given an active Basic user
    When the user logs in
    And the user logs in again
    And the user logs in again
    Then no token can be guessed from another
