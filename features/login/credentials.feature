@login
Feature: Logging in with Basic credentials
  An integration user that is Active gets a token for its user name and password.

  @LOGIN-01
  Scenario: Every active Basic user gets a token
    Given the first login of every active Basic user with a plain password
    Then each user is given a token

  @LOGIN-20
  Scenario Outline: The scheme may be written <scheme>
    Given an active Basic user
    When the user logs in with the scheme written as "<scheme>"
    Then the user is given a token

    Examples:
      | scheme |
      | basic  |
      | BASIC  |
      | bAsIc  |

  @LOGIN-20 @breadth @passwords
  Scenario Outline: A password may hold <what>
    Given the first login of every Basic user whose password holds <what>
    Then each user is given a token, as others are

    Examples:
      | what                           |
      | a colon                        |
      | blanks at an end or in a row   |
      | a letter beyond ASCII          |
