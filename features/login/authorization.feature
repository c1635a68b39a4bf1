@login
Feature: Logging in without acceptable credentials
  Without an Authorization header, or with one that is not valid, a login is refused.
  Wrong passwords are tried with few users and rarely, since they may lock an account. Headers that are malformed hold
  names that cannot exist, for the same reason. Only under a wrong scheme right credentials are tried, within the same bound.

  @LOGIN-13
  Scenario Outline: <header>
    When somebody logs in with <header>
    Then the missing Authorization header is refused

    Examples:
      | header                              |
      | no Authorization header             |
      | an empty Authorization header       |
      | a blank Authorization header        |

  @LOGIN-13
  Scenario: No Authorization header right after a login, whose connection or address may be remembered
    Given an active Basic user
    When the user logs in
    And somebody logs in with no Authorization header
    Then the missing Authorization header is refused
    When the user logs in again
    And somebody logs in with no Authorization header
    Then the missing Authorization header is refused

  @LOGIN-14
  Scenario Outline: <header>
    When somebody logs in with <header>
    Then the Authorization header is refused as invalid

    Examples: The scheme
      | header                                 |
      | the scheme alone                       |
      | the scheme and a blank                 |
      | the scheme Bearer                      |
      | the scheme Digest                      |
      | an unknown scheme                      |
      | credentials without a scheme           |

    Examples: The credentials
      | header                                 |
      | credentials that are not base64        |
      | credentials in URL-safe base64         |
      | credentials without their padding      |
      | credentials without a colon            |
      | credentials in plain text              |
      | an empty user name                     |
      | an empty user name and password        |
      | several colons                         |
      | a user name beyond ASCII               |
      | an unknown user name                   |
      | an unknown user name and no password   |

  @LOGIN-14
  Scenario Outline: <header>
    When somebody logs in with <header>
    Then the call is refused

    Examples: Other answers of the kind 4xx are right too
      | header                                 |
      | very long credentials                  |
      | two Authorization headers              |

  @LOGIN-14
  Scenario Outline: A wrong password: <password>
    Given an active Basic user
    When the user logs in with a wrong password: <password>
    Then the Authorization header is refused as invalid

    Examples: The most telling first
      | password                        |
      | the right one and a blank       |

  @LOGIN-14
  Scenario Outline: Right credentials under <scheme>
    Given an active Basic user
    When the user logs in with the right credentials under <scheme>
    Then the Authorization header is refused as invalid

    Examples: A service that ignores the scheme would let them in
      | scheme                          |
      | the scheme Bearer               |

  @LOGIN-14
  Scenario Outline: A wrong password: <password>
    Given an active Basic user
    When the user logs in with a wrong password: <password>
    Then the Authorization header is refused as invalid

    Examples: Near misses
      | password                        |
      | none                            |
      | the right one in the other case |
      | the right one without its end   |
      | the right one and one letter    |
      | another word                    |

  @LOGIN-14
  Scenario Outline: Right credentials under <scheme>
    Given an active Basic user
    When the user logs in with the right credentials under <scheme>
    Then the Authorization header is refused as invalid

    Examples: Less likely
      | scheme                          |
      | an unknown scheme               |
      | the scheme Digest               |
