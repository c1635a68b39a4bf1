@login
Feature: Times in the user's time zone
  The answer names the user's time zone, and the expiry date and time are in it, daylight saving included.

  @LOGIN-12
  Scenario: Every user gets times in the own time zone
    Given the first login of every active Basic user
    Then each expiry is in the user's time zone

  @LOGIN-12 @last
  Scenario: Every time of the whole run is in the user's own time zone
    Given every login of this run
    Then each expiry is in the user's time zone
    And each user's time zone stays the same

  @LOGIN-12 @breadth @zones
  Scenario Outline: A user <where>
    Given the first login of every Basic user <where>
    Then each expiry is in the user's time zone

    Examples:
      | where                                                        |
      | in a time zone west of UTC                                   |
      | in a time zone east of UTC                                   |
      | in the time zone UTC                                         |
      | in a time zone with half hours                               |
      | in a time zone that has daylight saving time now             |
      | in a time zone that has standard time now                    |
      | whose token ends on the other side of a clock change         |
      | in a time zone with clock changes and a duration in minutes or hours |
