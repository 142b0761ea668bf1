"""Add what a constraint cannot say: triggers that keep rows of different tables true.

Safe online: triggers on empty or small tables. They run as the owner, so that they see
every row whoever writes; each is pinned to our schema.
"""

from alembic import op

from db.script import statements

revision = "0011"
down_revision = "0010"

FUNCTIONS = """
CREATE FUNCTION refuse_foreign_shared() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    child jsonb := to_jsonb(NEW);
    parent uuid;
    place uuid;
BEGIN
    -- Arguments come in pairs: a column, and the shared table it points at.
    FOR i IN 0 .. TG_NARGS - 1 BY 2 LOOP
        parent := (child ->> TG_ARGV[i])::uuid;
        CONTINUE WHEN parent IS NULL;
        EXECUTE format('SELECT workspace_id FROM %I WHERE id = $1', TG_ARGV[i + 1])
            INTO place USING parent;
        IF place IS NOT NULL
            AND place IS DISTINCT FROM (child ->> 'workspace_id')::uuid
        THEN
            RAISE foreign_key_violation USING MESSAGE = format(
                '%s.%s points at another workspace''s row', TG_TABLE_NAME, TG_ARGV[i]);
        END IF;
    END LOOP;
    RETURN NEW;
END $$;

CREATE FUNCTION refuse_foreign_version() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.version_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM skill_versions
        WHERE id = NEW.version_id AND skill_id = NEW.skill_id
    ) THEN
        RAISE foreign_key_violation USING MESSAGE =
            'skill_settings.version_id is not a version of its skill';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION check_last_owner() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Two owners who leave at once must not each count on the other.
    PERFORM FROM workspaces
        WHERE id = OLD.workspace_id AND erased_at IS NULL FOR UPDATE;
    IF FOUND AND NOT EXISTS (
        SELECT FROM workspace_members
        WHERE workspace_id = OLD.workspace_id AND role = 'owner'
    ) THEN
        RAISE check_violation USING MESSAGE =
            'a living workspace keeps at least one owner';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION check_arm_weights() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed uuid := CASE TG_TABLE_NAME
        WHEN 'experiments' THEN (to_jsonb(NEW) ->> 'id')::uuid
        ELSE (to_jsonb(coalesce(NEW, OLD)) ->> 'experiment_id')::uuid
    END;
BEGIN
    IF EXISTS (
        SELECT FROM experiments e
        WHERE e.id = changed AND e.status = 'running' AND 100 IS DISTINCT FROM (
            SELECT sum(weight_percent) FROM experiment_arms
            WHERE experiment_id = e.id)
    ) THEN
        RAISE check_violation USING MESSAGE =
            'the weights of a running experiment''s arms sum to 100';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION check_current_version() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed uuid := CASE TG_TABLE_NAME
        WHEN 'skills' THEN (to_jsonb(NEW) ->> 'id')::uuid
        ELSE (to_jsonb(OLD) ->> 'skill_id')::uuid
    END;
BEGIN
    IF EXISTS (
        SELECT FROM skills s
        WHERE s.id = changed AND s.current_version IS NOT NULL AND NOT EXISTS (
            SELECT FROM skill_versions v
            WHERE v.skill_id = s.id AND v.version = s.current_version
            AND v.released_at IS NOT NULL
            AND v.workspace_id IS NOT DISTINCT FROM s.workspace_id)
    ) THEN
        RAISE check_violation USING MESSAGE =
            'skills.current_version names no released version of that skill';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION set_privacy() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Policies judge the row after this: who may not read a conversation may not
    -- write into it either, whatever the row claimed.
    IF TG_TABLE_NAME = 'routing_labels' THEN
        IF NEW.message_id IS NOT NULL THEN
            SELECT m.user_id, m.private_chat_id INTO NEW.user_id, NEW.private_chat_id
                FROM messages m WHERE m.id = NEW.message_id;
        END IF;
    ELSIF NEW.conversation_id IS NOT NULL THEN
        SELECT c.user_id, c.private_chat_id INTO NEW.user_id, NEW.private_chat_id
            FROM conversations c WHERE c.id = NEW.conversation_id;
    END IF;
    RETURN NEW;
END $$;
"""

TRIGGERS = """
CREATE TRIGGER refuse_foreign_shared BEFORE INSERT OR UPDATE OF skill_id, workspace_id
    ON skill_versions FOR EACH ROW
    EXECUTE FUNCTION refuse_foreign_shared('skill_id', 'skills');
CREATE TRIGGER refuse_foreign_shared
    BEFORE INSERT OR UPDATE OF skill_id, version_id, workspace_id
    ON skill_settings FOR EACH ROW EXECUTE FUNCTION
    refuse_foreign_shared('skill_id', 'skills', 'version_id', 'skill_versions');
CREATE TRIGGER refuse_foreign_version BEFORE INSERT OR UPDATE OF skill_id, version_id
    ON skill_settings FOR EACH ROW EXECUTE FUNCTION refuse_foreign_version();
CREATE TRIGGER refuse_foreign_shared
    BEFORE INSERT OR UPDATE OF skill_id, replaces_id, workspace_id
    ON rules FOR EACH ROW EXECUTE FUNCTION
    refuse_foreign_shared('skill_id', 'skills', 'replaces_id', 'rules');
CREATE TRIGGER refuse_foreign_shared
    BEFORE INSERT OR UPDATE OF skill_version_id, workspace_id
    ON experiment_arms FOR EACH ROW EXECUTE FUNCTION
    refuse_foreign_shared('skill_version_id', 'skill_versions');
CREATE TRIGGER refuse_foreign_shared BEFORE INSERT OR UPDATE OF skill_id, workspace_id
    ON dialogs FOR EACH ROW
    EXECUTE FUNCTION refuse_foreign_shared('skill_id', 'skills');
CREATE TRIGGER refuse_foreign_shared BEFORE INSERT OR UPDATE OF skill_id, workspace_id
    ON tasks FOR EACH ROW
    EXECUTE FUNCTION refuse_foreign_shared('skill_id', 'skills');
CREATE TRIGGER refuse_foreign_shared
    BEFORE INSERT OR UPDATE OF skill_id, skill_version_id, workspace_id
    ON runs FOR EACH ROW EXECUTE FUNCTION
    refuse_foreign_shared('skill_id', 'skills', 'skill_version_id', 'skill_versions');
CREATE TRIGGER refuse_foreign_shared
    BEFORE INSERT OR UPDATE OF chosen_skill_id, label_skill_id, workspace_id
    ON routing_labels FOR EACH ROW EXECUTE FUNCTION
    refuse_foreign_shared('chosen_skill_id', 'skills', 'label_skill_id', 'skills');

CREATE CONSTRAINT TRIGGER check_last_owner AFTER UPDATE OR DELETE ON workspace_members
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.role = 'owner')
    EXECUTE FUNCTION check_last_owner();
CREATE CONSTRAINT TRIGGER check_arm_weights
    AFTER INSERT OR UPDATE OR DELETE ON experiment_arms
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_arm_weights();
CREATE CONSTRAINT TRIGGER check_arm_weights AFTER INSERT OR UPDATE ON experiments
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_arm_weights();
CREATE CONSTRAINT TRIGGER check_current_version AFTER INSERT OR UPDATE ON skills
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_current_version();
CREATE CONSTRAINT TRIGGER check_current_version AFTER UPDATE OR DELETE ON skill_versions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_current_version();

CREATE TRIGGER set_privacy
    BEFORE INSERT OR UPDATE OF conversation_id, user_id, private_chat_id
    ON messages FOR EACH ROW EXECUTE FUNCTION set_privacy();
CREATE TRIGGER set_privacy
    BEFORE INSERT OR UPDATE OF conversation_id, user_id, private_chat_id
    ON dialogs FOR EACH ROW EXECUTE FUNCTION set_privacy();
CREATE TRIGGER set_privacy
    BEFORE INSERT OR UPDATE OF conversation_id, user_id, private_chat_id
    ON deliveries FOR EACH ROW EXECUTE FUNCTION set_privacy();
CREATE TRIGGER set_privacy
    BEFORE INSERT OR UPDATE OF message_id, user_id, private_chat_id
    ON routing_labels FOR EACH ROW EXECUTE FUNCTION set_privacy();
"""

NAMES = (
    *("refuse_foreign_shared", "refuse_foreign_version", "set_privacy"),
    *("check_last_owner", "check_arm_weights", "check_current_version"),
)


def upgrade() -> None:
    for statement in statements(FUNCTIONS + TRIGGERS):
        op.execute(statement)
    for name in NAMES:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {name}() FROM PUBLIC")


def downgrade() -> None:
    for name in NAMES:
        op.execute(f"DROP FUNCTION {name}() CASCADE")
