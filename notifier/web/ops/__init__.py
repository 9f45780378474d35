"""The operations room: pages where staff see what fails and put it right."""
