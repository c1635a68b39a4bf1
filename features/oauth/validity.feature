@oauth
Feature: How long an OAuth token is valid
  The expiry is asked for in seconds. The range 1 to 500 of the login is no rule here.
  The identity domain that signs the tokens bounds their lifetimes; {default} stands for the validity without an expiry.

  @OAUTH-02
  Scenario: No expiry is asked for
    Given the first token of every active OAuth user
    Then each token is valid for the documented default

  @OAUTH-03
  Scenario Outline: Asking for <expiry> seconds
    Given an active OAuth user
    When the user asks for an OAuth token with the expiry "<expiry>"
    Then the token is valid for <expiry> seconds

    Examples:
      | expiry    |
      | 60        |
      | 300       |
      | 500       |
      | 501       |
      | 2000      |
      | {default} |

  @OAUTH-03
  Scenario Outline: An expiry of <expiry> seconds is left to the identity domain
    Given an active OAuth user
    When the user asks for an OAuth token with the expiry "<expiry>"
    Then what happens is noted, not judged

    Examples: Below 60 and above the default it may be refused, moved to a bound, or taken as asked
      | expiry |
      | 1      |
      | 59     |
      | 7200   |

  @OAUTH-05
  Scenario Outline: An expiry that is written as <written>
    Given an active OAuth user
    When the user asks for an OAuth token with the expiry written as "<written>"
    Then the percent-encoded expiry is taken as <seconds> seconds

    Examples:
      | written   | seconds |
      | %33%30%30 | 300     |
      | 6%30%30   | 600     |
