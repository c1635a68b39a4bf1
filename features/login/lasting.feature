@login
Feature: A token lasts until its end
  After the upgrade from 23.3 to 23.5, integrations that had a duration of ten minutes and fetched their token anew
  began to be refused (support note 2960842.1). A token that was given must stay accepted until the time that the
  answer gave, whatever is fetched afterwards.

  @LOGIN-21
  Scenario Outline: The token of a user <with> lasts
    Given a Basic user <with>
    When the user logs in
    And the token is used
    And the token is used again
    Then each call is accepted
    When the user logs in again
    And the second token is used
    And the first token is used
    Then each call is accepted
    When the user logs in again
    And the third token is used
    And the second token is used
    And the first token is used
    Then each call is accepted

    Examples:
      | with                               |
      | whose duration was never changed   |
      | whose duration is set in hours     |

  @LOGIN-21
  Scenario: The tokens of every user with a duration in minutes last
    Given every Basic user whose duration is set in minutes
    When each user logs in, and uses the token, more than once
    Then each call is accepted
    When each user logs in again, and uses both tokens
    Then each call is accepted

  @LOGIN-21
  Scenario: A refused login leaves the token alone
    Given a Basic user whose durations are in minutes
    And the login takes an expiry
    When the user logs in
    And the user logs in asking for the expiry "0"
    And the first token is used
    Then each call is accepted

  @LOGIN-21 @slow
  Scenario: A token with the shortest duration in minutes lasts until its end
    Given the Basic user with the shortest duration in minutes
    When the user logs in
    And half a minute is left of the token
    And the token is used
    Then the call is accepted
