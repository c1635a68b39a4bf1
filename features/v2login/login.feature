@v2login
Feature: V2 login
  Unifier Essentials documents it with the answer of V1 login. Where it answers 404 or 405 it is not there.

  @V2LOGIN-01
  Scenario: Every active Basic user gets a token
    Given the first login of every active Basic user with a plain password
    Then each user is given a token

  @V2LOGIN-01
  Scenario: The answer and its token are those of a login
    Given the first login of every active Basic user
    Then each answer has the documented fields
    And each answer's status is the number 200
    And each token has the documented shape
    And each token names its user

  @V2LOGIN-01
  Scenario: A duration that was never changed
    Given the first login of every Basic user whose duration was never changed
    Then each token is valid for the documented default

  @V2LOGIN-01
  Scenario Outline: A duration in <unit>
    Given the first login of every Basic user whose duration is set in <unit>
    Then each token is valid for the user's duration

    Examples:
      | unit    |
      | minutes |
      | hours   |
      | days    |

  @V2LOGIN-01
  Scenario: Every user gets dates in the own format and zone
    Given the first login of every active Basic user
    Then each expiry date is written in the user's date format
    And each expiry time is the expiry date and a 12-hour time
    And each expiry is in the user's time zone

  @V2LOGIN-01
  Scenario Outline: <header>
    When somebody logs in by V2 with <header>
    Then the missing Authorization header is refused

    Examples:
      | header                        |
      | no Authorization header       |
      | an empty Authorization header |

  @V2LOGIN-01
  Scenario: No Authorization header right after a login, whose connection or address may be remembered
    Given an active Basic user
    When the user logs in by V2
    And somebody logs in by V2 with no Authorization header
    Then the missing Authorization header is refused
    When the user logs in by V2 again
    And somebody logs in by V2 with no Authorization header
    Then the missing Authorization header is refused

  @V2LOGIN-01
  Scenario Outline: <header>
    When somebody logs in by V2 with <header>
    Then the Authorization header is refused as invalid

    Examples:
      | header                          |
      | the scheme alone                |
      | the scheme Bearer               |
      | credentials that are not base64 |
      | credentials without a colon     |
      | an empty user name              |
      | an unknown user name            |

  @V2LOGIN-01
  Scenario Outline: A wrong password: <password>
    When the user logs in by V2 with a wrong password: <password>
    Then the Authorization header is refused as invalid

    Examples: The most telling first
      | password                  |
      | the right one and a blank |

  @V2LOGIN-01
  Scenario Outline: Right credentials under <scheme>
    Given an active Basic user
    When the user logs in by V2 with the right credentials under <scheme>
    Then the Authorization header is refused as invalid

    Examples: A service that ignores the scheme would let them in
      | scheme            |
      | the scheme Bearer |
      | an unknown scheme |
      | the scheme Digest |

  @V2LOGIN-01
  Scenario Outline: A wrong password: <password>
    When the user logs in by V2 with a wrong password: <password>
    Then the Authorization header is refused as invalid

    Examples: Near misses
      | password     |
      | none         |

  @V2LOGIN-01
  Scenario: A user that is not Active gets no token
    Given every Basic user that is not Active
    When each user logs in by V2
    Then each user that is not Active is refused

  @V2LOGIN-01 @last
  Scenario: Every V2 login of the whole run has the answer and the token of a login
    Given every V2 login of this run
    Then each answer has the documented fields
    And each token has the documented shape
    And each expiry date is written in the user's date format
    And each expiry time is the expiry date and a 12-hour time
    And each expiry is in the user's time zone
    And each user's dates are in one format
    And each user's time zone stays the same

  @V2LOGIN-01 @last
  Scenario: Every duration of the whole run that was never changed
    Given every V2 login of this run of a Basic user whose duration was never changed
    Then each token is valid for the documented default

  @V2LOGIN-01 @last
  Scenario: Every duration of the whole run that is set
    Given every V2 login of this run of a Basic user whose duration is set
    Then each token is valid for the user's duration

  @V2LOGIN-01 @last
  Scenario: Every call of the whole run with right credentials got a token
    Given every call with right credentials of the V2 login service in this run
    Then each user is given a token
