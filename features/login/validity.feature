@login
Feature: How long a login token is valid
  The duration is set in the user's form, in days, hours or minutes. Where it was never changed it is 180 days.

  @LOGIN-06
  Scenario: A duration that was never changed
    Given the first login of every Basic user whose duration was never changed
    Then each token is valid for the documented default

  @LOGIN-07
  Scenario Outline: A duration in <unit>
    Given the first login of every Basic user whose duration is set in <unit>
    Then each token is valid for the user's duration

    Examples:
      | unit    |
      | minutes |
      | hours   |
      | days    |

  @LOGIN-08 @breadth @durations
  Scenario Outline: A user with a duration of <duration>
    Given the first login of every Basic user with a duration of <duration>
    Then each token is valid for a duration of <duration>

    Examples: The ends of the range, their neighbours, and the default
      | duration |
      | 1        |
      | 2        |
      | 180      |
      | 499      |
      | 500      |

  @LOGIN-08 @breadth @durations
  Scenario Outline: Asking for an expiry of <expiry> <unit>
    Given a Basic user whose durations are in <unit>
    And the login takes an expiry
    When the user logs in asking for the expiry "<expiry>"
    Then the token is valid for a duration of <expiry>

    Examples: The ends of the range, their neighbours, and the default
      | expiry | unit    |
      | 1      | days    |
      | 2      | days    |
      | 180    | days    |
      | 499    | days    |
      | 500    | days    |
      | 1      | hours   |
      | 2      | hours   |
      | 180    | hours   |
      | 499    | hours   |
      | 500    | hours   |
      | 1      | minutes |
      | 2      | minutes |
      | 180    | minutes |
      | 499    | minutes |
      | 500    | minutes |
