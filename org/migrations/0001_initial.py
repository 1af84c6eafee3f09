import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
import org.models.base
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


FOUNDATIONS = """
CREATE SEQUENCE ref_a; CREATE SEQUENCE ref_c; CREATE SEQUENCE ref_d; CREATE SEQUENCE ref_e; CREATE SEQUENCE ref_m;
CREATE TABLE clock_offset (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), shift interval NOT NULL);
INSERT INTO clock_offset (shift) VALUES ('0');
CREATE FUNCTION echo_now() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS $$ SELECT clock_timestamp() + (SELECT shift FROM clock_offset) $$;
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.RunSQL(FOUNDATIONS, elidable=False),
        migrations.CreateModel(
            name='Briefing',
            fields=[
                ('role', models.CharField(max_length=50, primary_key=True, serialize=False)),
                ('briefed_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'briefings',
            },
        ),
        migrations.CreateModel(
            name='CharterVersion',
            fields=[
                ('version', models.PositiveIntegerField(primary_key=True, serialize=False)),
                ('document', models.TextField(help_text='The charter as TOML.')),
                ('published_at', models.DateTimeField()),
                ('published_by', models.CharField(max_length=150)),
            ],
            options={
                'db_table': 'charter_versions',
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('timer', models.CharField(blank=True, max_length=50, null=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField(db_default=org.models.base.NextRef('D'), editable=False, unique=True)),
                ('decision_type', models.CharField(max_length=100)),
                ('initiator_role', models.CharField(max_length=50)),
                ('participants', models.JSONField(blank=True, null=True)),
                ('mode', models.CharField(choices=[('autonomous', 'Autonomous'), ('collaborative', 'Collaborative'), ('hierarchical', 'Hierarchical'), ('human', 'Human')], max_length=50)),
                ('title', models.CharField(max_length=255)),
                ('context', models.JSONField()),
                ('amount_usd', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('initiative', models.CharField(max_length=255)),
                ('initiative_key', models.CharField(max_length=1024)),
                ('confidence', models.FloatField(blank=True, null=True)),
                ('confidential', models.BooleanField(default=False)),
                ('urgency', models.CharField(choices=[('low', 'Low'), ('normal', 'Normal'), ('high', 'High'), ('critical', 'Critical')], default='normal', max_length=10)),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('escalated', 'Escalated'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('withdrawn', 'Withdrawn'), ('expired', 'Expired')], max_length=50)),
                ('awaiting_role', models.CharField(blank=True, max_length=50, null=True)),
                ('decided_by', models.CharField(blank=True, max_length=50, null=True)),
                ('consensus_score', models.FloatField(blank=True, null=True)),
                ('ruling', models.JSONField()),
                ('content_hash', models.CharField(max_length=64)),
                ('outcome', models.JSONField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
                ('completed_at', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField(blank=True, help_text='Until when an approval can be used.', null=True)),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'db_table': 'decisions',
            },
        ),
        migrations.CreateModel(
            name='DecisionVote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('timer', models.CharField(blank=True, max_length=50, null=True)),
                ('voter_role', models.CharField(max_length=50)),
                ('vote', models.CharField(choices=[('approve', 'Approve'), ('reject', 'Reject'), ('abstain', 'Abstain')], max_length=20)),
                ('first_vote', models.CharField(choices=[('approve', 'Approve'), ('reject', 'Reject'), ('abstain', 'Abstain')], max_length=20)),
                ('rationale', models.TextField(blank=True, null=True)),
                ('confidence', models.FloatField()),
                ('voted_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'decision_votes',
            },
        ),
        migrations.CreateModel(
            name='Escalation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('timer', models.CharField(blank=True, max_length=50, null=True)),
                ('number', models.BigIntegerField(db_default=org.models.base.NextRef('E'), editable=False, unique=True)),
                ('raised_by', models.CharField(max_length=50)),
                ('reason', models.TextField(blank=True, default='')),
                ('urgency', models.CharField(choices=[('low', 'Low'), ('normal', 'Normal'), ('high', 'High'), ('critical', 'Critical')], max_length=10)),
                ('ruling', models.JSONField(help_text='Which rule tripped, the limit, what was used.')),
                ('shown_hash', models.CharField(max_length=64)),
                ('members_needed', models.PositiveSmallIntegerField()),
                ('members_at_opening', models.PositiveSmallIntegerField()),
                ('status', models.CharField(choices=[('open', 'Open'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('revision_requested', 'Revision Requested'), ('withdrawn', 'Withdrawn')], max_length=20)),
                ('opened_at', models.DateTimeField()),
                ('deadline_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'db_table': 'escalations',
            },
        ),
        migrations.CreateModel(
            name='Inbox',
            fields=[
                ('role', models.CharField(max_length=50, primary_key=True, serialize=False)),
                ('position', models.BigIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'inboxes',
                'db_table': 'inboxes',
            },
        ),
        migrations.CreateModel(
            name='LedgerAccount',
            fields=[
                ('name', models.CharField(max_length=300, primary_key=True, serialize=False)),
                ('balance_usd', models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                ('bounded', models.BooleanField(default=True)),
                ('department', models.CharField(blank=True, default='', max_length=255)),
            ],
            options={
                'db_table': 'ledger_accounts',
            },
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('timer', models.CharField(blank=True, max_length=50, null=True)),
                ('amount_usd', models.DecimalField(decimal_places=2, max_digits=14)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'ledger entries',
                'db_table': 'ledger_entries',
            },
        ),
        migrations.CreateModel(
            name='Lock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lock_class', models.PositiveSmallIntegerField(choices=[(1, 'Initiative'), (2, 'Role Window'), (3, 'Budget')])),
                ('key', models.CharField(max_length=1024)),
            ],
            options={
                'db_table': 'locks',
            },
        ),
        migrations.CreateModel(
            name='Login',
            fields=[
                ('login', models.CharField(max_length=63, primary_key=True, serialize=False)),
                ('role', models.CharField(max_length=50)),
            ],
            options={
                'db_table': 'logins',
            },
        ),
        migrations.CreateModel(
            name='Memory',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=255, unique=True)),
                ('content', models.TextField()),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('metadata', models.JSONField(blank=True, null=True)),
                ('created_by_role', models.CharField(blank=True, max_length=50, null=True)),
                ('inserted_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'memories',
                'db_table': 'memories',
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('timer', models.CharField(blank=True, max_length=50, null=True)),
                ('number', models.BigIntegerField()),
                ('from_role', models.CharField(max_length=50)),
                ('to_role', models.CharField(max_length=50)),
                ('sent_to', models.CharField(help_text='What the sender addressed: a role, leadership or all.', max_length=50)),
                ('type', models.CharField(choices=[('request', 'Request'), ('response', 'Response'), ('notification', 'Notification'), ('escalation', 'Escalation')], max_length=50)),
                ('subject', models.CharField(max_length=255)),
                ('content', models.JSONField()),
                ('metadata', models.JSONField(blank=True, null=True)),
                ('priority', models.CharField(choices=[('low', 'Low'), ('normal', 'Normal'), ('high', 'High'), ('critical', 'Critical')], default='normal', max_length=10)),
                ('thread_id', models.CharField(max_length=64)),
                ('reply_to', models.BigIntegerField(blank=True, help_text='Number of the message this answers.', null=True)),
                ('position', models.BigIntegerField(help_text="Order of commit within the recipient's inbox.")),
                ('read', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
                ('offered_at', models.DateTimeField(blank=True, null=True)),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledge_note', models.TextField(blank=True, default='')),
                ('ack_by', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField()),
                ('expired_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'db_table': 'messages',
            },
        ),
        migrations.CreateModel(
            name='OutboxEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(max_length=100)),
                ('payload', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('published_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'db_table': 'outbox',
            },
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'member',
                'verbose_name_plural': 'members',
                'db_table': 'members',
                'abstract': False,
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='AgentStatus',
            fields=[
                ('role', models.CharField(max_length=50, primary_key=True, serialize=False)),
                ('status', models.CharField(choices=[('running', 'Running'), ('stopped', 'Stopped'), ('error', 'Error')], max_length=20)),
                ('last_heartbeat', models.DateTimeField()),
                ('version', models.CharField(blank=True, max_length=20, null=True)),
                ('capabilities', models.JSONField(blank=True, null=True)),
                ('metadata', models.JSONField(blank=True, null=True)),
            ],
            options={
                'verbose_name_plural': 'agent status',
                'db_table': 'agent_status',
                'indexes': [models.Index(fields=['last_heartbeat'], name='idx_agent_status_heartbeat')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['running', 'stopped', 'error'])), name='agent_status_status_known')],
            },
        ),
        migrations.CreateModel(
            name='AuditRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('timer', models.CharField(blank=True, max_length=50, null=True)),
                ('body', models.BinaryField()),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=200)),
                ('action', models.CharField(max_length=100)),
                ('subject', models.CharField(help_text='The ref of what was changed.', max_length=100)),
                ('data', models.JSONField()),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'audit',
            },
        ),
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('seq', models.BigIntegerField(primary_key=True, serialize=False)),
                ('prev', models.BinaryField(max_length=32)),
                ('hash', models.BinaryField(max_length=32)),
                ('audit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='seal', to='org.auditrecord')),
            ],
            options={
                'db_table': 'audit_seal',
            },
        ),
        migrations.CreateModel(
            name='BoardVote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answer', models.CharField(choices=[('approve', 'Approve'), ('reject', 'Reject'), ('request_revision', 'Request Revision')], max_length=20)),
                ('note', models.TextField(blank=True, default='')),
                ('seen_hash', models.CharField(max_length=64)),
                ('voted_at', models.DateTimeField()),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='board_votes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'board_votes',
            },
        ),
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('number', models.BigIntegerField(db_default=org.models.base.NextRef('C'), editable=False, unique=True)),
                ('role', models.CharField(max_length=50)),
                ('tool', models.CharField(max_length=100)),
                ('effect', models.CharField(choices=[('reads', 'Reads'), ('sets', 'Sets'), ('creates', 'Creates')], max_length=10)),
                ('arguments', models.JSONField()),
                ('digest', models.BinaryField(help_text='SHA-256 of role, tool and canonical arguments.', max_length=32)),
                ('idempotency_key', models.CharField(blank=True, max_length=200, null=True)),
                ('client', models.JSONField(default=dict)),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], max_length=10)),
                ('attempt', models.PositiveSmallIntegerField(default=0)),
                ('worker', models.CharField(blank=True, default='', max_length=200)),
                ('created_at', models.DateTimeField()),
                ('claimable_until', models.DateTimeField()),
                ('rung_at', models.DateTimeField(blank=True, null=True)),
                ('claimed_at', models.DateTimeField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('result', models.JSONField(blank=True, null=True)),
                ('changed', models.BooleanField(default=False)),
                ('offered_at', models.DateTimeField(blank=True, help_text='When the answer was handed to the client.', null=True)),
            ],
            options={
                'db_table': 'calls',
                'indexes': [models.Index(condition=models.Q(('status', 'queued')), fields=['role', 'created_at'], name='idx_calls_queued'), models.Index(condition=models.Q(('status', 'running')), fields=['claimed_at'], name='idx_calls_running'), models.Index(fields=['digest', 'created_at'], name='idx_calls_digest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['queued', 'running', 'done', 'failed', 'cancelled'])), name='calls_status_known'), models.UniqueConstraint(fields=('role', 'idempotency_key'), name='calls_one_per_key'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'running'), _negated=True), ('lease_until__isnull', False), _connector='OR'), name='calls_running_has_lease'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('status__in', ['queued', 'running'])), models.Q(('finished_at__isnull', False), ('status__in', ['done', 'failed', 'cancelled'])), _connector='OR'), name='calls_finished_when_over'), models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['done', 'failed']), _negated=True), ('result__isnull', False), _connector='OR'), name='calls_answered_when_done')],
            },
        ),
        migrations.AddField(
            model_name='auditrecord',
            name='call',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.call'),
        ),
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('timer', models.CharField(blank=True, max_length=50, null=True)),
                ('number', models.BigIntegerField(db_default=org.models.base.NextRef('A'), editable=False, unique=True)),
                ('department', models.CharField(max_length=255)),
                ('amount_usd', models.DecimalField(decimal_places=2, max_digits=14)),
                ('justification', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('call', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.call')),
            ],
            options={
                'db_table': 'allocations',
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='call',
            trigger=pgtrigger.compiler.Trigger(name='calls_no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'calls only ever grows';", hash='14f516073065c992d82f66c528d68c6a88b9b161', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_calls_no_truncate_77de4', table='calls', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='call',
            trigger=pgtrigger.compiler.Trigger(name='calls_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='1fc82b18cb44138547b2fc750e2cc59a48c7b804', operation='DELETE', pgid='pgtrigger_calls_stay_d0a60', table='calls', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='call',
            trigger=pgtrigger.compiler.Trigger(name='calls_over_is_final', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."finished_at" IS NOT NULL AND (NOT (OLD."status" = (NEW."status")) OR OLD."result" IS DISTINCT FROM (NEW."result") OR OLD."finished_at" IS DISTINCT FROM (NEW."finished_at") OR OLD."changed" IS DISTINCT FROM (NEW."changed")))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='7dc2bf1facac1fe78b71fb98d6ee24cd19017d3e', operation='UPDATE', pgid='pgtrigger_calls_over_is_final_85367', table='calls', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='call',
            trigger=pgtrigger.compiler.Trigger(name='calls_request_is_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."role" IS DISTINCT FROM (NEW."role") OR OLD."tool" IS DISTINCT FROM (NEW."tool") OR OLD."arguments" IS DISTINCT FROM (NEW."arguments") OR OLD."digest" IS DISTINCT FROM (NEW."digest") OR OLD."effect" IS DISTINCT FROM (NEW."effect") OR OLD."client" IS DISTINCT FROM (NEW."client") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='86c11770b0efaf9bfdd91ddd561787ccc83eb5f1', operation='UPDATE', pgid='pgtrigger_calls_request_is_fixed_9c853', table='calls', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='charterversion',
            trigger=pgtrigger.compiler.Trigger(name='charter_versions_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6bbb723ff9dfc54022a8549b38796fd28f3348c9', operation='UPDATE OR DELETE', pgid='pgtrigger_charter_versions_stay_af816', table='charter_versions', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='charterversion',
            trigger=pgtrigger.compiler.Trigger(name='charter_versions_no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'charter_versions only ever grows';", hash='57dae1283d0b655b9488dbe54e850e7057293e9d', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_charter_versions_no_truncate_8ad6b', table='charter_versions', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='decision',
            name='call',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.call'),
        ),
        migrations.AddField(
            model_name='decision',
            name='charter_version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.charterversion'),
        ),
        migrations.AddField(
            model_name='decision',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='decision',
            name='revises',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='revised_by', to='org.decision'),
        ),
        migrations.AddField(
            model_name='allocation',
            name='decision',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='org.decision'),
        ),
        migrations.AddField(
            model_name='decisionvote',
            name='call',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.call'),
        ),
        migrations.AddField(
            model_name='decisionvote',
            name='decision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='org.decision'),
        ),
        migrations.AddField(
            model_name='decisionvote',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='escalation',
            name='call',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.call'),
        ),
        migrations.AddField(
            model_name='escalation',
            name='decision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='escalations', to='org.decision'),
        ),
        migrations.AddField(
            model_name='escalation',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='boardvote',
            name='escalation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='org.escalation'),
        ),
        migrations.AddField(
            model_name='ledgeraccount',
            name='decision',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='budget', to='org.decision'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='allocation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='org.allocation'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='call',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.call'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='decision',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='org.decision'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='source',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outgoing', to='org.ledgeraccount'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='target',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='incoming', to='org.ledgeraccount'),
        ),
        migrations.AddConstraint(
            model_name='lock',
            constraint=models.UniqueConstraint(fields=('lock_class', 'key'), name='locks_one_a_key'),
        ),
        migrations.AddIndex(
            model_name='memory',
            index=models.Index(fields=['key'], name='idx_memories_key'),
        ),
        migrations.AddIndex(
            model_name='memory',
            index=django.contrib.postgres.indexes.GinIndex(fields=['tags'], name='idx_memories_tags'),
        ),
        migrations.AddIndex(
            model_name='memory',
            index=models.Index(fields=['created_by_role'], name='idx_memories_role'),
        ),
        migrations.AddField(
            model_name='message',
            name='call',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.call'),
        ),
        migrations.AddField(
            model_name='message',
            name='decision',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='org.decision'),
        ),
        migrations.AddField(
            model_name='message',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='outboxevent',
            index=models.Index(condition=models.Q(('published_at__isnull', True)), fields=['id'], name='idx_outbox_waiting'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditseal',
            trigger=pgtrigger.compiler.Trigger(name='audit_seal_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7483af45afd2d0cb34b0590e5cd62fa030a84a36', operation='UPDATE OR DELETE', pgid='pgtrigger_audit_seal_append_only_e2394', table='audit_seal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditseal',
            trigger=pgtrigger.compiler.Trigger(name='audit_seal_no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'audit_seal only ever grows';", hash='a52d046c1621b3180dd42dcfed2f4c6d15b5d135', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_seal_no_truncate_29056', table='audit_seal', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='auditrecord',
            index=models.Index(fields=['subject'], name='idx_audit_subject'),
        ),
        migrations.AddIndex(
            model_name='auditrecord',
            index=models.Index(fields=['at'], name='idx_audit_at'),
        ),
        migrations.AddConstraint(
            model_name='auditrecord',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('call__isnull', False), ('person__isnull', True), ('timer__isnull', True)), models.Q(('call__isnull', True), ('person__isnull', False), ('timer__isnull', True)), models.Q(('call__isnull', True), ('person__isnull', True), ('timer__isnull', False)), _connector='OR'), name='audit_one_cause'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditrecord',
            trigger=pgtrigger.compiler.Trigger(name='audit_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='1e8310411700fa94b82b99d4a96b3165a79429ed', operation='UPDATE OR DELETE', pgid='pgtrigger_audit_append_only_836b2', table='audit', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditrecord',
            trigger=pgtrigger.compiler.Trigger(name='audit_no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'audit only ever grows';", hash='5e5efba1dfeb6575e0e5c202a26efbb9397b10d7', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_no_truncate_7e1d5', table='audit', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditrecord',
            trigger=pgtrigger.compiler.Trigger(name='audit_seal', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', declare='DECLARE last RECORD;', func="\n                    PERFORM pg_advisory_xact_lock(7305, 1);\n                    SELECT seq, hash INTO last FROM audit_seal ORDER BY seq DESC LIMIT 1;\n                    INSERT INTO audit_seal (audit_id, seq, prev, hash) VALUES (\n                        NEW.id,\n                        coalesce(last.seq, 0) + 1,\n                        coalesce(last.hash, decode(repeat('00', 32), 'hex')),\n                        sha256(coalesce(last.hash, decode(repeat('00', 32), 'hex'))\n                               || int8send(coalesce(last.seq, 0) + 1) || NEW.body)\n                    );\n                    RETURN NULL;\n                ", hash='4c5205c7e3f6af26419c849444e1b3bf19ced4c5', operation='INSERT', pgid='pgtrigger_audit_seal_91247', table='audit', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['initiator_role'], name='idx_decisions_role'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['status'], name='idx_decisions_status'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['decision_type'], name='idx_decisions_type'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(condition=models.Q(('status', 'approved')), fields=['initiative_key'], name='idx_decisions_initiative'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(condition=models.Q(('status', 'approved')), fields=['decided_by', 'completed_at'], name='idx_decisions_window'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(condition=models.Q(('awaiting_role__isnull', False)), fields=['awaiting_role'], name='idx_decisions_awaiting'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['created_at'], name='idx_decisions_created'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('call__isnull', False), ('person__isnull', True), ('timer__isnull', True)), models.Q(('call__isnull', True), ('person__isnull', False), ('timer__isnull', True)), models.Q(('call__isnull', True), ('person__isnull', True), ('timer__isnull', False)), _connector='OR'), name='decisions_one_cause'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('mode__in', ['autonomous', 'collaborative', 'hierarchical', 'human'])), name='decisions_mode_known'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'escalated', 'approved', 'rejected', 'withdrawn', 'expired'])), name='decisions_status_known'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('urgency__in', ['low', 'normal', 'high', 'critical'])), name='decisions_urgency_known'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('completed_at__isnull', False), ('decided_by__isnull', False), ('outcome__isnull', False), ('status__in', ('approved', 'rejected', 'withdrawn', 'expired'))), models.Q(models.Q(('status__in', ('approved', 'rejected', 'withdrawn', 'expired')), _negated=True), ('completed_at__isnull', True), ('decided_by__isnull', True), ('outcome__isnull', True)), _connector='OR'), name='decisions_settled_when_completed'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('amount_usd__isnull', True), models.Q(('amount_usd__gte', 0), ('amount_usd__lt', Decimal('1000000000000'))), _connector='OR'), name='decisions_amount_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('confidence__isnull', True), models.Q(('confidence__gte', 0), ('confidence__lte', 1)), _connector='OR'), name='decisions_confidence_in_range'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'escalated'), _negated=True), models.Q(('awaiting_role__isnull', True), ('mode', 'human')), _connector='OR'), name='decisions_escalated_is_human'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ('approved', 'rejected', 'withdrawn', 'expired')), _negated=True), ('awaiting_role__isnull', True), _connector='OR'), name='decisions_settled_awaits_nobody'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('used_at__isnull', True), ('status', 'approved'), _connector='OR'), name='decisions_used_only_if_approved'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='decision',
            trigger=pgtrigger.compiler.Trigger(name='decisions_content_is_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."decision_type" IS DISTINCT FROM (NEW."decision_type") OR OLD."initiator_role" IS DISTINCT FROM (NEW."initiator_role") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."context" IS DISTINCT FROM (NEW."context") OR OLD."amount_usd" IS DISTINCT FROM (NEW."amount_usd") OR OLD."initiative" IS DISTINCT FROM (NEW."initiative") OR OLD."initiative_key" IS DISTINCT FROM (NEW."initiative_key") OR OLD."confidence" IS DISTINCT FROM (NEW."confidence") OR OLD."confidential" IS DISTINCT FROM (NEW."confidential") OR OLD."charter_version_id" IS DISTINCT FROM (NEW."charter_version_id") OR OLD."ruling" IS DISTINCT FROM (NEW."ruling") OR OLD."content_hash" IS DISTINCT FROM (NEW."content_hash") OR OLD."revises_id" IS DISTINCT FROM (NEW."revises_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."call_id" IS DISTINCT FROM (NEW."call_id") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."timer" IS DISTINCT FROM (NEW."timer"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='7422e96f957b19137d8b8dfe0f84cca079644873', operation='UPDATE', pgid='pgtrigger_decisions_content_is_fixed_5ce59', table='decisions', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='decision',
            trigger=pgtrigger.compiler.Trigger(name='decisions_settle_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."completed_at" IS NOT NULL AND (OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."outcome" IS DISTINCT FROM (NEW."outcome") OR OLD."decided_by" IS DISTINCT FROM (NEW."decided_by") OR OLD."completed_at" IS DISTINCT FROM (NEW."completed_at") OR OLD."mode" IS DISTINCT FROM (NEW."mode") OR OLD."urgency" IS DISTINCT FROM (NEW."urgency") OR OLD."participants" IS DISTINCT FROM (NEW."participants") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR (OLD."used_at" IS NOT NULL AND OLD."used_at" IS DISTINCT FROM (NEW."used_at"))))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='6aea371540da6ae838b10f67e20ac2e399d7b334', operation='UPDATE', pgid='pgtrigger_decisions_settle_once_52f4a', table='decisions', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='decision',
            trigger=pgtrigger.compiler.Trigger(name='decisions_mode_only_stricter', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD."mode" = \'human\' AND NOT (NEW."mode" = \'human\')) OR (OLD."mode" = \'hierarchical\' AND NEW."mode" IN (\'autonomous\', \'collaborative\')) OR (OLD."mode" = \'collaborative\' AND NEW."mode" = \'autonomous\'))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='c79ad81128612f930ec61ec1fae4527aee1387fb', operation='UPDATE', pgid='pgtrigger_decisions_mode_only_stricter_4379b', table='decisions', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='decision',
            trigger=pgtrigger.compiler.Trigger(name='decisions_urgency_only_raised', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD."urgency" = \'critical\' AND NOT (NEW."urgency" = \'critical\')) OR (OLD."urgency" = \'high\' AND NEW."urgency" IN (\'low\', \'normal\')) OR (OLD."urgency" = \'normal\' AND NEW."urgency" = \'low\'))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='454d0f900b498929b1c66a7243c5114b82ad02c8', operation='UPDATE', pgid='pgtrigger_decisions_urgency_only_raised_da7c2', table='decisions', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='decision',
            trigger=pgtrigger.compiler.Trigger(name='decisions_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='6f8ea3c30f6a65dcdfc98c15f11688e9d5cbf868', operation='DELETE', pgid='pgtrigger_decisions_stay_7bdb4', table='decisions', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='decision',
            trigger=pgtrigger.compiler.Trigger(name='decisions_no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'decisions only ever grows';", hash='548116e67967e84cbbbaeaa542f696867873de8b', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_decisions_no_truncate_9dd5f', table='decisions', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='decision',
            trigger=pgtrigger.compiler.Trigger(name='decisions_board_approved', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."mode" = \'human\' AND NEW."status" = \'approved\')', func="\n                    IF NOT EXISTS (\n                        SELECT 1 FROM escalations e\n                        WHERE e.decision_id = NEW.id AND e.status = 'approved' AND e.members_needed <= (\n                            SELECT max(members) FROM (\n                                SELECT count(DISTINCT v.member_id) AS members\n                                FROM board_votes v\n                                JOIN members m ON m.id = v.member_id AND m.is_active\n                                JOIN members_groups mg ON mg.member_id = m.id\n                                JOIN auth_group g ON g.id = mg.group_id AND g.name = 'Board'\n                                WHERE v.escalation_id = e.id AND v.answer = 'approve' GROUP BY v.seen_hash\n                            ) AS of_one_content\n                        )\n                    ) THEN\n                        RAISE EXCEPTION 'a decision before the board is approved by its members'' votes alone';\n                    END IF;\n                    RETURN NULL;\n                ", hash='dd085a2b6a8f6bf4180292a951c7e6fe7a80a8f2', operation='INSERT OR UPDATE', pgid='pgtrigger_decisions_board_approved_5872e', table='decisions', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('call__isnull', False), ('person__isnull', True), ('timer__isnull', True)), models.Q(('call__isnull', True), ('person__isnull', False), ('timer__isnull', True)), models.Q(('call__isnull', True), ('person__isnull', True), ('timer__isnull', False)), _connector='OR'), name='allocations_one_cause'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('amount_usd__gt', 0), ('amount_usd__lt', Decimal('1000000000000'))), name='allocations_positive'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allocation',
            trigger=pgtrigger.compiler.Trigger(name='allocations_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='8d04531126922aa3532310294b4bf459112be84f', operation='UPDATE OR DELETE', pgid='pgtrigger_allocations_stay_8ddce', table='allocations', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='decisionvote',
            index=models.Index(fields=['decision'], name='idx_votes_decision'),
        ),
        migrations.AddConstraint(
            model_name='decisionvote',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('call__isnull', False), ('person__isnull', True), ('timer__isnull', True)), models.Q(('call__isnull', True), ('person__isnull', False), ('timer__isnull', True)), models.Q(('call__isnull', True), ('person__isnull', True), ('timer__isnull', False)), _connector='OR'), name='decision_votes_one_cause'),
        ),
        migrations.AddConstraint(
            model_name='decisionvote',
            constraint=models.CheckConstraint(condition=models.Q(('vote__in', ['approve', 'reject', 'abstain'])), name='decision_votes_vote_known'),
        ),
        migrations.AddConstraint(
            model_name='decisionvote',
            constraint=models.UniqueConstraint(fields=('decision', 'voter_role'), name='decision_votes_one_a_role'),
        ),
        migrations.AddConstraint(
            model_name='decisionvote',
            constraint=models.CheckConstraint(condition=models.Q(('confidence__gte', 0), ('confidence__lte', 1)), name='decision_votes_confidence_in_range'),
        ),
        migrations.AddIndex(
            model_name='escalation',
            index=models.Index(condition=models.Q(('status', 'open')), fields=['deadline_at'], name='idx_escalations_open'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('call__isnull', False), ('person__isnull', True), ('timer__isnull', True)), models.Q(('call__isnull', True), ('person__isnull', False), ('timer__isnull', True)), models.Q(('call__isnull', True), ('person__isnull', True), ('timer__isnull', False)), _connector='OR'), name='escalations_one_cause'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['open', 'approved', 'rejected', 'revision_requested', 'withdrawn'])), name='escalations_status_known'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.CheckConstraint(condition=models.Q(('urgency__in', ['low', 'normal', 'high', 'critical'])), name='escalations_urgency_known'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'open')), fields=('decision',), name='escalations_one_open'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('status', 'open')), models.Q(models.Q(('status', 'open'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='escalations_closed_when_answered'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.CheckConstraint(condition=models.Q(('members_needed__in', [1, 2])), name='escalations_one_or_two_members'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='escalation',
            trigger=pgtrigger.compiler.Trigger(name='escalations_answered_is_final', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."closed_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='21227c87aa1a80e2b76796e73a5f957da3b27f89', operation='UPDATE', pgid='pgtrigger_escalations_answered_is_final_d6840', table='escalations', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='escalation',
            trigger=pgtrigger.compiler.Trigger(name='escalations_matter_is_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."decision_id" IS DISTINCT FROM (NEW."decision_id") OR OLD."shown_hash" IS DISTINCT FROM (NEW."shown_hash") OR OLD."members_needed" IS DISTINCT FROM (NEW."members_needed"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='8e99896190229ca4f290a72626a5881f5c25568b', operation='UPDATE', pgid='pgtrigger_escalations_matter_is_fixed_9c4a9', table='escalations', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='escalation',
            trigger=pgtrigger.compiler.Trigger(name='escalations_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='d9100b831f075abafa0202fe0fe5901b20299f7d', operation='DELETE', pgid='pgtrigger_escalations_stay_8e674', table='escalations', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='escalation',
            trigger=pgtrigger.compiler.Trigger(name='escalations_no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'escalations only ever grows';", hash='1f88b3c881b8d7db925b4a893f8b179d7aac806a', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_escalations_no_truncate_79b48', table='escalations', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='boardvote',
            constraint=models.CheckConstraint(condition=models.Q(('answer__in', ['approve', 'reject', 'request_revision'])), name='board_votes_answer_known'),
        ),
        migrations.AddConstraint(
            model_name='boardvote',
            constraint=models.UniqueConstraint(fields=('escalation', 'member'), name='board_votes_one_a_member'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='boardvote',
            trigger=pgtrigger.compiler.Trigger(name='board_votes_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='a97e91533a9e218fc0a855bf4822f5b7d9543857', operation='UPDATE OR DELETE', pgid='pgtrigger_board_votes_stay_de06f', table='board_votes', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='boardvote',
            trigger=pgtrigger.compiler.Trigger(name='board_votes_no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'board_votes only ever grows';", hash='a1ba455fab4de5e011397d88f3f764db883037a8', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_board_votes_no_truncate_2ea76', table='board_votes', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='boardvote',
            trigger=pgtrigger.compiler.Trigger(name='board_votes_while_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF NOT EXISTS (SELECT 1 FROM escalations WHERE id = NEW.escalation_id AND status = 'open') THEN\n                        RAISE EXCEPTION 'an escalation that is closed takes no answer';\n                    END IF;\n                    RETURN NEW;\n                ", hash='37bb618e56460a07a0205fa1485b82729b01f32c', operation='INSERT', pgid='pgtrigger_board_votes_while_open_8b487', table='board_votes', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='ledgeraccount',
            constraint=models.CheckConstraint(condition=models.Q(('bounded', False), ('balance_usd__gte', 0), _connector='OR'), name='ledger_never_negative'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ledgeraccount',
            trigger=pgtrigger.compiler.Trigger(name='ledger_accounts_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='55be1cc3f008d83b2d0c8b7e8966306f060d82ca', operation='DELETE', pgid='pgtrigger_ledger_accounts_stay_2c8ec', table='ledger_accounts', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ledgeraccount',
            trigger=pgtrigger.compiler.Trigger(name='ledger_opens_empty', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NOT (NEW."balance_usd" = 0))', func="RAISE EXCEPTION 'an account opens empty; only entries move its balance';", hash='8dfed6f868f54ad986a356dbd535a99f07a2d67f', operation='INSERT', pgid='pgtrigger_ledger_opens_empty_c8b87', table='ledger_accounts', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ledgeraccount',
            trigger=pgtrigger.compiler.Trigger(name='ledger_moves_by_entry', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF pg_trigger_depth() < 2 THEN\n                        RAISE EXCEPTION 'only a ledger entry moves a balance';\n                    END IF;\n                    RETURN NEW;\n                ", hash='58f546ad9153f27196865c2954432c9bb1e08a23', operation='UPDATE OF "balance_usd"', pgid='pgtrigger_ledger_moves_by_entry_15985', table='ledger_accounts', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('call__isnull', False), ('person__isnull', True), ('timer__isnull', True)), models.Q(('call__isnull', True), ('person__isnull', False), ('timer__isnull', True)), models.Q(('call__isnull', True), ('person__isnull', True), ('timer__isnull', False)), _connector='OR'), name='ledger_entries_one_cause'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(('amount_usd__gt', 0), ('amount_usd__lt', Decimal('10000000000000'))), name='ledger_entries_positive'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(('source', models.F('target')), _negated=True), name='ledger_entries_move'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ledgerentry',
            trigger=pgtrigger.compiler.Trigger(name='ledger_entries_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='06b4a0fb44e4b629d66d107489d5824d77ddd1df', operation='UPDATE OR DELETE', pgid='pgtrigger_ledger_entries_stay_d00cf', table='ledger_entries', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ledgerentry',
            trigger=pgtrigger.compiler.Trigger(name='ledger_entries_no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'ledger_entries only ever grows';", hash='a99bb84c9cd75aef810e31b078f11f1231d9018f', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_ledger_entries_no_truncate_92166', table='ledger_entries', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ledgerentry',
            trigger=pgtrigger.compiler.Trigger(name='ledger_entries_post', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n                    UPDATE ledger_accounts SET balance_usd = balance_usd - NEW.amount_usd WHERE name = NEW.source_id;\n                    UPDATE ledger_accounts SET balance_usd = balance_usd + NEW.amount_usd WHERE name = NEW.target_id;\n                    RETURN NEW;\n                ', hash='730c5ce33d86ee594bd5c1886e0c84aea1bdbf14', operation='INSERT', pgid='pgtrigger_ledger_entries_post_5b775', table='ledger_entries', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['to_role', 'created_at'], name='idx_messages_to'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['from_role', 'created_at'], name='idx_messages_from'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['to_role', 'read'], name='idx_messages_unread'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['thread_id'], name='idx_messages_thread'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('acknowledged_at__isnull', True), ('type__in', ['request', 'escalation'])), fields=['to_role', 'position'], name='idx_messages_action'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('expired_at__isnull', True)), fields=['expires_at'], name='idx_messages_expiry'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('call__isnull', False), ('person__isnull', True), ('timer__isnull', True)), models.Q(('call__isnull', True), ('person__isnull', False), ('timer__isnull', True)), models.Q(('call__isnull', True), ('person__isnull', True), ('timer__isnull', False)), _connector='OR'), name='messages_one_cause'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('type__in', ['request', 'response', 'notification', 'escalation'])), name='messages_type_known'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('priority__in', ['low', 'normal', 'high', 'critical'])), name='messages_priority_known'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(fields=('number', 'to_role'), name='messages_one_a_recipient'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(fields=('to_role', 'position'), name='messages_one_a_position'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('read', True), ('read_at__isnull', False)), models.Q(('read', False), ('read_at__isnull', True)), _connector='OR'), name='messages_read_when_read'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='messages_content_is_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."content" IS DISTINCT FROM (NEW."content") OR OLD."subject" IS DISTINCT FROM (NEW."subject") OR OLD."from_role" IS DISTINCT FROM (NEW."from_role") OR OLD."to_role" IS DISTINCT FROM (NEW."to_role") OR OLD."type" IS DISTINCT FROM (NEW."type") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."thread_id" IS DISTINCT FROM (NEW."thread_id") OR OLD."sent_to" IS DISTINCT FROM (NEW."sent_to") OR OLD."decision_id" IS DISTINCT FROM (NEW."decision_id") OR OLD."position" IS DISTINCT FROM (NEW."position"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='39e54e531e6db19d20767d3fc39c31c1b879fd9c', operation='UPDATE', pgid='pgtrigger_messages_content_is_fixed_228b8', table='messages', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='messages_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='4dba9097ee416bcf6fc23238268e56bfe0b5584d', operation='DELETE', pgid='pgtrigger_messages_stay_172dd', table='messages', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='messages_no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'messages only ever grows';", hash='41f116aec901c18eb40e5782488f11d5b964473a', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_messages_no_truncate_7fa97', table='messages', when='BEFORE')),
        ),
    ]
