@hygiene
Feature: Hygiene of every answer
  What holds for a first answer holds for each one of the run.

  @SEC-01 @last
  Scenario Outline: No <token> of the whole run may be kept in a cache
    Given every <token> of this run
    Then no answer may be kept in a cache

    Examples:
      | token       |
      | login       |
      | OAuth token |

  @SEC-02 @last
  Scenario Outline: Every refusal of the <service> service says which scheme to use
    Given every error of the <service> service in this run
    Then each refusal names the scheme to use

    Examples:
      | service |
      | login   |
      | OAuth   |

  @SEC-04 @last
  Scenario Outline: No answer of the <service> service holds the credentials
    Given every answer of the <service> service in this run
    Then no answer gives away the credentials

    Examples:
      | service |
      | login   |
      | OAuth   |

  @SEC-05 @last
  Scenario Outline: Every <token> of the whole run is declared as JSON
    Given every <token> of this run
    Then each answer is declared as JSON

    Examples:
      | token       |
      | login       |
      | OAuth token |

  @SEC-05 @last
  Scenario Outline: Every error of the <service> service is declared as JSON
    Given every error of the <service> service in this run
    Then each answer is declared as JSON

    Examples:
      | service |
      | login   |
      | OAuth   |

  @SEC-07 @last
  Scenario Outline: No error of the <service> service shows internals
    Given every answer of the <service> service in this run
    Then no refusal shows internals of the server

    Examples:
      | service |
      | login   |
      | OAuth   |
