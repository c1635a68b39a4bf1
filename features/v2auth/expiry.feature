@v2auth
Feature: A V2 expiry that is not valid
  An OAuth user's expiry that is no positive whole number of seconds gets no token.
  {blank} in the tables stands for one blank, {nothing} for no text at all.

  @V2AUTH-19
  Scenario Outline: <what> is refused
    Given an active OAuth user
    When the user asks for a V2 token with the expiry "<expiry>"
    Then the expiry is refused as invalid

    Examples:
      | what                 | expiry               |
      | zero                 | 0                    |
      | minus one            | -1                   |
      | minus 300            | -300                 |
      | a fraction           | 1.5                  |
      | an exponent          | 3e2                  |
      | a word               | soon                 |
      | a number with a unit | 300s                 |
      | nothing              | {nothing}            |
      | a blank only         | {blank}              |
      | 1 plus 2 to the 64th | 18446744073709551617 |

  @V2AUTH-19
  Scenario Outline: <what> is left open
    Given an active OAuth user
    When the user asks for a V2 token with the expiry "<expiry>"
    Then what happens is noted, not judged

    Examples:
      | what                    | expiry |
      | a plus sign             | +300   |
      | zeros before the number | 0300   |
