@hygiene
Feature: Hygiene of refusals
  A refusal helps those who may know, and tells nothing to those who may not.

  @SEC-02
  Scenario Outline: The refused login of <what> says which scheme to use
    Given the refused login of <what>
    Then each refusal names the scheme to use

    Examples:
      | what                 |
      | nobody               |
      | an unknown user name |

  @SEC-02
  Scenario Outline: The refused OAuth token of <what> says which scheme to use
    Given the refused OAuth token of <what>
    Then each refusal names the scheme to use

    Examples:
      | what                 |
      | nobody               |
      | an unknown user name |

  @SEC-03
  Scenario: A login does not give away which users exist
    Given the refused login of an unknown user name
    And the refused login of a wrong password
    Then both refusals look the same

  @SEC-03
  Scenario: The call for an OAuth token does not give away which users exist
    Given the refused OAuth token of an unknown user name
    And the refused OAuth token of a wrong password
    Then both refusals look the same

  @SEC-04
  Scenario Outline: A refused <call> does not hold the credentials
    Given the refused <call> of an unknown user name
    And the refused <call> of credentials that are not base64
    And the refused <call> of a wrong password
    Then no answer gives away the credentials

    Examples:
      | call        |
      | login       |
      | OAuth token |

  @SEC-05
  Scenario Outline: A refused <call> is declared as JSON
    Given the refused <call> of nobody
    And the refused <call> of an unknown user name
    Then each answer is declared as JSON

    Examples:
      | call        |
      | login       |
      | OAuth token |

  @SEC-07
  Scenario Outline: A refused <call> shows no internals
    Given the refused <call> of nobody
    And the refused <call> of an unknown user name
    And the refused <call> of credentials that are not base64
    And the refused <call> of very long credentials
    Then no refusal shows internals of the server

    Examples:
      | call        |
      | login       |
      | OAuth token |

  @SEC-07
  Scenario: The refusal of an invalid expiry shows no internals
    Given the login takes an expiry
    And the refused login of an invalid expiry
    Then no refusal shows internals of the server
