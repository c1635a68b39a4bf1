@hygiene
Feature: Encryption on the way
  Credentials travel with every call.

  @SEC-06
  Scenario: Over https, a modern TLS version is spoken
    Given the target's connection
    Then it speaks TLS 1.2 or newer
