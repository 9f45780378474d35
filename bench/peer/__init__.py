"""What Notifier is compared with: Celery, Redis, SQLAlchemy and requests, as a careful developer uses them.

Two tasks a notice, both acknowledged late and safe to repeat: one records the event and the notice, one
sends. The attempt is committed before the provider is called, personal data is sealed, the callback's
signature is checked. It decides next to nothing, where Notifier keeps the rules.
"""
