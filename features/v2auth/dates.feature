@v2auth
Feature: Dates of a Basic user's V2 token
  They are in the user's date format and time zone, as the login's are.

  @V2AUTH-05
  Scenario: Every Basic user gets dates in the own format and zone
    Given the first token of every active Basic user
    Then each expiry date is written in the user's date format
    And each expiry time is the expiry date and a 12-hour time
    And each expiry is in the user's time zone

  @V2AUTH-05 @last
  Scenario: Every date of the whole run is in the user's own format and zone
    Given every V2 token of this run of an active Basic user
    Then each expiry date is written in the user's date format
    And each expiry time is the expiry date and a 12-hour time
    And each expiry is in the user's time zone
    And each user's dates are in one format
    And each user's time zone stays the same

  @V2AUTH-05 @breadth @formats
  Scenario Outline: The date format <format>
    Given the first token of every Basic user whose date format is <format>
    Then each expiry date is written in the user's date format

    Examples:
      | format      |
      | MM/DD/YYYY  |
      | DD/MM/YYYY  |
      | MM/DD/YY    |
      | DD/MM/YY    |
      | MM-DD-YYYY  |
      | DD-MM-YYYY  |
      | MM-DD-YY    |
      | DD-MM-YY    |
      | DD.MM.YYYY  |
      | YYYY-MM-DD  |
      | MMM/DD/YYYY |
      | DD/MMM/YYYY |
      | YYYY/MMM/DD |
      | M/D/YYYY    |
      | M/D/YY      |
      | D/M/YYYY    |
      | D/M/YY      |
      | YY/M/D      |
      | YYYY/M/D    |
      | YY/MM/DD    |
      | YYYY/MM/DD  |

  @V2AUTH-05 @breadth @zones
  Scenario Outline: A user <where>
    Given the first token of every Basic user <where>
    Then each expiry is in the user's time zone

    Examples:
      | where                                                                |
      | in a time zone west of UTC                                           |
      | in a time zone east of UTC                                           |
      | in the time zone UTC                                                 |
      | in a time zone with half hours                                       |
      | in a time zone that has daylight saving time now                     |
      | in a time zone that has standard time now                            |
      | whose token ends on the other side of a clock change                 |
      | in a time zone with clock changes and a duration in minutes or hours |
