@login
Feature: Every answer of the login service counts
  What the documentation says of answers holds for each of them, whatever the call, and after all that could spoil it.

  @LOGIN-01 @last
  Scenario: Every call of the whole run with right credentials got a token
    Given every call with right credentials of the login service in this run
    Then each user is given a token

  @LOGIN-06 @last
  Scenario: Every token of a user whose duration was never changed is valid for the documented default
    Given every login of this run of a Basic user whose duration was never changed
    Then each token is valid for the documented default

  @LOGIN-07 @last
  Scenario: Every token of a user with a duration is valid for just that
    Given every login of this run of a Basic user whose duration is set
    Then each token is valid for the user's duration

  @LOGIN-08 @last
  Scenario: Every token that was asked for with an expiry is valid for just that
    Given the login takes an expiry
    And every login of this run
    Then each token is valid for as long as was asked

  @LOGIN-17 @last
  Scenario: Every error of the whole run says why
    Given every error of the login service in this run
    Then each error says why

  @LOGIN-18 @last
  Scenario: No two users of the whole run have the same token, or one that can be guessed from another
    Given every login of this run
    Then no two tokens of the run are alike
