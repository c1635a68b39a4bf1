@login
Feature: The newest token lasts until its end
  After the upgrade from 23.3 to 23.5, integrations that had a duration of ten minutes and fetched their token anew after
  each call began to be refused (support note 2960842.1). The newest token that a user was given must be accepted until the
  time that its answer gave, whatever is called meanwhile. Older tokens are never used: a fetch may have ended them.

  @LOGIN-21
  Scenario: The newest token of the shortest duration in minutes is accepted, round after round
    Given the Basic user with the shortest duration in minutes
    When each user fetches a token and uses it, 3 rounds over
    Then each call is accepted

  @LOGIN-21
  Scenario: The newest token of every user with a duration in minutes is accepted
    Given every Basic user whose duration is set in minutes
    When each user fetches a token and uses it, 1 round over
    Then each call is accepted

  @LOGIN-21
  Scenario Outline: The newest token of a user <with> is accepted, round after round
    Given a Basic user <with>
    When each user fetches a token and uses it, 3 rounds over
    Then each call is accepted

    Examples:
      | with                               |
      | whose duration was never changed   |
      | whose duration is set in hours     |
      | whose duration is set in days      |

  @LOGIN-21
  Scenario Outline: A token that was asked for with an expiry of <expiry> <unit> is accepted
    Given a Basic user whose durations are in <unit>
    And the login takes an expiry
    When the user logs in asking for the expiry "<expiry>"
    And the token is used
    Then the call is accepted

    Examples:
      | expiry | unit    |
      | 2      | minutes |
      | 500    | minutes |
      | 500    | hours   |
      | 1      | days    |
      | 500    | days    |

  @LOGIN-21
  Scenario Outline: A refused login leaves the token alone, in <unit>
    Given a Basic user whose durations are in <unit>
    And the login takes an expiry
    When the user logs in
    And the user logs in asking for the expiry "0"
    And the token is used
    Then each call is accepted

    Examples:
      | unit    |
      | minutes |
      | hours   |
      | days    |

  @LOGIN-21
  Scenario: A call with another method leaves the token alone
    Given an active Basic user
    When the user logs in
    And the user logs in with the method POST
    And the token is used
    Then each call is accepted

  @LOGIN-21 @slow
  Scenario: A token with the shortest duration in minutes lasts until its end
    Given the Basic user with the shortest duration in minutes
    When the user logs in
    And half a minute is left of the token
    And the token is used
    Then the call is accepted

  @LOGIN-21 @end
  Scenario: The newest tokens of the run, and fresh ones, are accepted after all that could have spoilt them
    Given every active Basic user
    When each user's newest token is used, then one more that is fetched
    Then each call is accepted

  @LOGIN-21 @last
  Scenario: Every newest token of the whole run was accepted whenever it was used
    Given every use of a login token in this run
    Then each call is accepted
