@v2auth
Feature: How long a V2 token is valid
  A Basic user's token lasts for the duration in the user's form, and expires_in says what is left of it. An OAuth user
  asks for seconds; {default} stands for the validity without an expiry.

  @V2AUTH-04
  Scenario: expires_in is what is left of the user's duration
    Given the first token of every active Basic user
    Then each answer's expires_in is what is left of the user's duration

  @V2AUTH-04 @last
  Scenario: Every expires_in of the whole run is what is left of the user's duration
    Given every V2 token of this run of an active Basic user
    Then each answer's expires_in is what is left of the user's duration

  @V2AUTH-05
  Scenario: A duration that was never changed
    Given the first token of every Basic user whose duration was never changed
    Then each token is valid for the documented default

  @V2AUTH-05
  Scenario Outline: A duration in <unit>
    Given the first token of every Basic user whose duration is set in <unit>
    Then each token is valid for the user's duration

    Examples:
      | unit    |
      | minutes |
      | hours   |
      | days    |

  @V2AUTH-05 @breadth @durations
  Scenario Outline: A user with a duration of <duration>
    Given the first token of every Basic user with a duration of <duration>
    Then each token is valid for the user's duration

    Examples: The ends of the range, their neighbours, and the default
      | duration |
      | 1        |
      | 2        |
      | 180      |
      | 499      |
      | 500      |

  @V2AUTH-05 @last
  Scenario: Every duration of the whole run that was never changed
    Given every V2 token of this run of a Basic user whose duration was never changed
    Then each token is valid for the documented default

  @V2AUTH-05 @last
  Scenario: Every duration of the whole run that is set
    Given every V2 token of this run of a Basic user whose duration is set
    Then each token is valid for the user's duration

  @V2AUTH-09
  Scenario: No expiry is asked for
    Given the first token of every active OAuth user
    Then each token is valid for the documented default

  @V2AUTH-09 @last
  Scenario: Every token that was asked for without an expiry is valid for the documented default
    Given every V2 token of this run of an active OAuth user
    Then each token is valid for the documented default

  @V2AUTH-10
  Scenario Outline: Asking for <expiry> seconds
    Given an active OAuth user
    When the user asks for a V2 token with the expiry "<expiry>"
    Then the token is valid for <expiry> seconds
    And each token's claims agree with the answer

    Examples:
      | expiry    |
      | 60        |
      | 300       |
      | 500       |
      | 501       |
      | 2000      |
      | {default} |

  @V2AUTH-10
  Scenario: Parameters are URL-decoded
    Given an active OAuth user
    When the user asks for a V2 token with the expiry written as "%33%30%30"
    Then the percent-encoded expiry is taken as 300 seconds

  @V2AUTH-10 @last
  Scenario: Every token that was asked for with an expiry is valid for just that
    Given every V2 token of this run of an active OAuth user
    Then each token is valid for as long as was asked
    And each token's claims agree with the answer

  @V2AUTH-10
  Scenario Outline: An expiry of <expiry> seconds is left to the identity domain
    Given an active OAuth user
    When the user asks for a V2 token with the expiry "<expiry>"
    Then what happens is noted, not judged

    Examples: Below 60 and above the default it may be refused, moved to a bound, or taken as asked
      | expiry |
      | 59     |
      | 7200   |

  @V2AUTH-18
  Scenario Outline: What an expiry of <expiry> does for a Basic user is left open
    Given an active Basic user
    When the user asks for a V2 token with the expiry "<expiry>"
    Then what happens is noted, not judged

    Examples:
      | expiry |
      | 7      |
      | 300    |
