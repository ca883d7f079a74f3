from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("scans", "0002_scan_domain_finished")]

    operations: ClassVar = [
        migrations.AddField("scan", "fresh", models.BooleanField(default=False)),
        migrations.AddField("scan", "gave_up", models.BooleanField(default=False)),
        migrations.AddIndex("scan", models.Index(fields=["domain", "created_at"], name="scan_domain_created")),
        migrations.AddIndex("scan", models.Index(fields=["finished_at"], name="scan_finished")),
    ]
