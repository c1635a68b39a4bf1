@login
Feature: An expiry that is not valid
  Durations from 1 through 500 are valid. Anything else is refused as "Invalid expiry".
  {blank} and {tab} in the tables stand for one blank and one tab, {nothing} for no text at all.

  @LOGIN-09
  Scenario Outline: <what> is refused
    Given an active Basic user
    And the login takes an expiry
    When the user logs in asking for the expiry "<expiry>"
    Then the expiry is refused as invalid

    Examples: Outside of the range
      | what                  | expiry               |
      | zero                  | 0                    |
      | one more than 500     | 501                  |
      | a thousand            | 1000                 |
      | minus one             | -1                   |
      | minus 180             | -180                 |
      | minus zero            | -0                   |

    Examples: No whole number
      | what                  | expiry               |
      | a fraction            | 1.5                  |
      | a fraction of nothing | 180.0                |
      | a decimal comma       | 1,5                  |
      | an exponent           | 1e2                  |
      | a capital exponent    | 1E2                  |
      | a hexadecimal number  | 0x10                 |
      | a word                | ten                  |
      | a number with a unit  | 10d                  |
      | not a number          | NaN                  |
      | nothing               | {nothing}            |

    Examples: Blanks
      | what                  | expiry               |
      | a blank only          | {blank}              |
      | a blank before        | {blank}180           |
      | a blank after         | 180{blank}           |
      | a blank inside        | 1{blank}80           |

    Examples: Too big for 32 bits and for 64 bits; the lower bits alone would be a valid number
      | what                  | expiry               |
      | 1 plus 2 to the 32nd  | 4294967297           |
      | the greatest of 64    | 9223372036854775807  |
      | 1 plus 2 to the 64th  | 18446744073709551617 |
      | a very long number    | 999999999999999999999999999999999999999999 |

  @LOGIN-09 @breadth @units
  Scenario Outline: <expiry> is refused in <unit> too
    Given a Basic user whose durations are in <unit>
    And the login takes an expiry
    When the user logs in asking for the expiry "<expiry>"
    Then the expiry is refused as invalid

    Examples:
      | expiry | unit    |
      | 0      | minutes |
      | 501    | minutes |
      | 0      | hours   |
      | 501    | hours   |

  @LOGIN-09
  Scenario: A percent-encoded expiry is decoded before it is refused
    Given an active Basic user
    And the login takes an expiry
    When the user logs in asking for the expiry written as "%35%30%31"
    Then the expiry is refused as invalid

  @LOGIN-09
  Scenario Outline: <what> is left open by the documentation
    Given an active Basic user
    And the login takes an expiry
    When the user logs in asking for the expiry "<expiry>"
    Then what happens is noted, not judged

    Examples:
      | what                    | expiry |
      | a plus sign             | +5     |
      | zeros before the number | 007    |
      | Arabic digits           | ٥٠     |
      | full-width digits       | ５０   |
      | a tab after the number  | 7{tab} |

  @LOGIN-09
  Scenario: An expiry that is there twice is left open by the documentation
    Given an active Basic user
    And the login takes an expiry
    When the user logs in asking for two expiries, "5" and "7"
    Then what happens is noted, not judged
