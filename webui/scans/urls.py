"""The addresses of scans and reports."""

from django.urls import path

from webui.scans import deletion, server_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("scan", views.scan, name="scan"),
    path("r/<slug:token>", views.report, name="report"),
    path("r/<slug:token>.json", views.report_json, name="report-json"),
    path("r/<slug:token>/delete", deletion.delete, name="report-delete"),
    path("r/<slug:token>/server/<int:number>", server_views.server, name="server"),
    path("r/<slug:token>/server/<int:number>.txt", server_views.server_as_text, name="server-text"),
    path("deleted", deletion.deleted, name="deleted"),
    path("about", views.about, name="about"),
    path("scoring", views.scoring, name="scoring"),
    path("robots.txt", views.robots, name="robots"),
]
