/**
 * What a search compares in the stored body of an event. `chr(1)` cannot stand in canonical JSON: it keeps the place of
 * escaped backslashes while the other escapes are resolved.
 */
export const eventSearch = String.raw`
create function firebreak_event_text(body text) returns text language sql immutable parallel safe as $$
  select case when strpos(body, '\') = 0 then lower(body) else
    lower(replace(replace(
      regexp_replace(replace(body, '\\', chr(1)), '\\u00[01][0-9a-f]|\\[bfnrt]', ' ', 'g'),
      '\"', '"'), chr(1), '\'))
  end
$$;

create function firebreak_event_json(body text) returns jsonb language sql immutable parallel safe as $$
  select case when strpos(body, '\u0000') = 0 then body::jsonb else
    replace(replace(replace(body, '\\', chr(1)), '\u0000', '\ufffd'), chr(1), '\\')::jsonb
  end
$$;
`;
