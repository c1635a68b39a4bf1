@login
Feature: Dates in the user's format
  Each user chooses one of 21 date formats.

  @LOGIN-10
  Scenario: Every user gets dates in the own format
    Given the first login of every active Basic user
    Then each expiry date is written in the user's date format

  @LOGIN-10 @last
  Scenario: Every date of the whole run is in the user's own format
    Given every login of this run
    Then each expiry date is written in the user's date format
    And each user's dates are in one format

  @LOGIN-10 @breadth @formats
  Scenario Outline: The date format <format>
    Given the first login of every Basic user whose date format is <format>
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

  @LOGIN-11
  Scenario: The expiry time is the expiry date and a 12-hour time
    Given the first login of every active Basic user
    Then each expiry time is the expiry date and a 12-hour time

  @LOGIN-11 @last
  Scenario: Every expiry time of the whole run is the expiry date and a 12-hour time
    Given every login of this run
    Then each expiry time is the expiry date and a 12-hour time
