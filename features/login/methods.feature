@login
Feature: Methods other than GET
  A token is fetched with GET. Other methods may be answered in any way, but never with a token.

  @LOGIN-19
  Scenario Outline: <method> yields no token
    Given an active Basic user
    When the user logs in with the method <method>
    Then no token is given

    Examples:
      | method  |
      | POST    |
      | PUT     |
      | PATCH   |
      | DELETE  |
      | HEAD    |
      | OPTIONS |
