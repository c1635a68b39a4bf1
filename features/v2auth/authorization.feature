@v2auth
Feature: Asking for a V2 token without acceptable credentials
  By analogy with the login, the call is refused with HTTP 401, in the envelope of all answers.
  Wrong passwords, and right credentials under a wrong scheme, are tried as rarely as at the login: they may lock an account.

  @V2AUTH-15
  Scenario Outline: <header>
    When somebody asks for a V2 token with <header>
    Then the missing Authorization header is refused

    Examples:
      | header                         |
      | no Authorization header        |
      | an empty Authorization header  |
      | a blank Authorization header   |

  @V2AUTH-15
  Scenario Outline: No Authorization header right after an <who> was given a token
    Given an <who>
    When the user asks for a V2 token
    And somebody asks for a V2 token with no Authorization header
    Then the missing Authorization header is refused
    When the user asks for a V2 token again
    And somebody asks for a V2 token with no Authorization header
    Then the missing Authorization header is refused

    Examples:
      | who               |
      | active Basic user |
      | active OAuth user |

  @V2AUTH-15
  Scenario Outline: <header>
    When somebody asks for a V2 token with <header>
    Then the Authorization header is refused as invalid

    Examples:
      | header                          |
      | the scheme alone                |
      | the scheme Bearer               |
      | the scheme Digest               |
      | credentials without a scheme    |
      | credentials that are not base64 |
      | credentials without a colon     |
      | an empty user name              |
      | an unknown user name            |

  @V2AUTH-15
  Scenario Outline: A wrong password: <password>
    When the user asks for a V2 token with a wrong password: <password>
    Then the Authorization header is refused as invalid

    Examples: The most telling first
      | password                        |
      | the right one and a blank       |

  @V2AUTH-15
  Scenario Outline: Right credentials of an <who> under <scheme>
    Given an <who>
    When the user asks for a V2 token with the right credentials under <scheme>
    Then the Authorization header is refused as invalid

    Examples: A service that ignores the scheme would let them in
      | who               | scheme            |
      | active Basic user | the scheme Bearer |
      | active OAuth user | the scheme Bearer |

  @V2AUTH-15
  Scenario Outline: A wrong password: <password>
    When the user asks for a V2 token with a wrong password: <password>
    Then the Authorization header is refused as invalid

    Examples: Near misses
      | password                        |
      | none                            |
      | the right one in the other case |
      | the right one without its end   |

  @V2AUTH-15
  Scenario Outline: Right credentials of an <who> under <scheme>
    Given an <who>
    When the user asks for a V2 token with the right credentials under <scheme>
    Then the Authorization header is refused as invalid

    Examples: Less likely
      | who               | scheme            |
      | active Basic user | an unknown scheme |
      | active OAuth user | an unknown scheme |
      | active Basic user | the scheme Digest |
      | active OAuth user | the scheme Digest |

  @V2AUTH-15
  Scenario Outline: No token for any <who> that is not Active
    Given every <who> that is not Active
    When each user asks for a V2 token
    Then each user that is not Active is refused

    Examples:
      | who        |
      | Basic user |
      | OAuth user |

  @V2AUTH-15
  Scenario: An ordinary user gets no token
    Given every ordinary user
    When each user asks for a V2 token
    Then each ordinary user is refused

  @V2AUTH-15
  Scenario Outline: The refusal of <what> says why, in an envelope
    Given the refused V2 token of <what>
    Then the refusal says why

    Examples:
      | what                            |
      | nobody                          |
      | an unknown user name            |
      | credentials that are not base64 |

  @V2AUTH-20
  Scenario Outline: The method <method> yields no token for an <who>
    Given an <who>
    When the user asks for a V2 token with the method <method>
    Then no token is given

    Examples:
      | who               | method  |
      | active OAuth user | POST    |
      | active OAuth user | PUT     |
      | active OAuth user | PATCH   |
      | active OAuth user | DELETE  |
      | active OAuth user | HEAD    |
      | active OAuth user | OPTIONS |
      | active Basic user | POST    |
      | active Basic user | PUT     |

  @V2AUTH-18
  Scenario Outline: What a living token of an <who> gets in place of the password is left open
    Given an <who>
    When the user asks for a V2 token
    And the user asks for a V2 token with the living token
    Then what happens is noted, not judged

    Examples: A page's sample sends a token as Bearer (A14)
      | who               |
      | active Basic user |
