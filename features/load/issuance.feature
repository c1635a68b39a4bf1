@load
Feature: Tokens are issued in time under load
  Objectives that a healthy target of any size meets. They run only where they
  are asked for: unigate verify --tags @load, or unigate load --features built-in.
  Latency counts from the scheduled start.

  Scenario: A steady trickle of logins is answered at once
    Given 10 login tokens a second for 10 seconds
    Then 95 % arrive within 1 s
    And every token is right

  Scenario: A busy minute's worth of both services, in ten seconds
    Given 50 tokens a second for 10 seconds
    Then 99 % arrive within 2 s
    And the threshold rate>=98% holds
    And every token is right
