from kit import settings


class Settings(settings.Settings):
    service: str = "review"
