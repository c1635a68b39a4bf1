@v2auth
Feature: Calling other REST services with an altered V2 token
  What was never issued is refused, whichever call gave the token that it was made from.
  It is sent as Bearer and as Basic, and once more; then the token itself is used, which it must not end.

  @LOGIN-16
  Scenario Outline: A call with <what> that V2 gave an <who>
    Given an <who>
    When the user asks for a V2 token
    And another service is called with <what>
    Then the call is not accepted

    Examples:
      | who               | what                                       |
      | active Basic user | the token with a digit of its GUID changed |
      | active OAuth user | the token with a changed claim             |
