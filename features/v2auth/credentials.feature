@v2auth
Feature: Asking for a V2 token
  Active integration users of both types get a token for their name and password.

  @V2AUTH-01
  Scenario: Every active Basic user gets a token
    Given the first token of every active Basic user with a plain password
    Then each user is given a token

  @V2AUTH-08
  Scenario: Every active OAuth user gets a token
    Given the first token of every active OAuth user with a plain password
    Then each user is given a token

  @V2AUTH-01 @last
  Scenario: Every call of a Basic user with right credentials got a token
    Given every call with right credentials of the V2 service in this run of an active Basic user
    Then each user is given a token

  @V2AUTH-08 @last
  Scenario: Every call of an OAuth user with right credentials got a token
    Given every call with right credentials of the V2 service in this run of an active OAuth user
    Then each user is given a token
