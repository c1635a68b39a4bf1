@login
Feature: What becomes of the earlier token
  Nobody says what a fetch does to the token that the user was given before. Oracle's own recipes warn that a user shared by
  two clients is refused, so many systems end it. It is found out once, at the beginning, and nothing else depends on it.

  @LOGIN-22
  Scenario: A token that is older than the newest
    Given what a fetch does to the user's earlier token
    Then it is noted, not judged
