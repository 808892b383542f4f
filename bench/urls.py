"""The project's addresses, and the three admins that are measured beside the catalog."""

from django.urls import path

from bench.admin import admin, lean_admin, stock_admin
from dashboard.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
urlpatterns = [
    *urlpatterns,
    path("bench/admin/", admin.urls),
    path("bench/lean/", lean_admin.urls),
    path("bench/stock/", stock_admin.urls),
]
