"""The addresses of scans and reports."""

from django.urls import path

from webui.scans import views

urlpatterns = [
    path("", views.home, name="home"),
    path("scan", views.scan, name="scan"),
    path("r/<slug:token>", views.report, name="report"),
    path("r/<slug:token>.json", views.report_json, name="report-json"),
    path("about", views.about, name="about"),
    path("scoring", views.scoring, name="scoring"),
    path("robots.txt", views.robots, name="robots"),
]
