/** Without these a machine does not answer its operators any more. */
export const VITAL_UNITS =
  /^(systemd-.+|dbus(-broker)?|ssh|sshd|ssh@.*|sshd@.*|network|networking|NetworkManager|getty@.*|serial-getty@.*|user@.*|init|polkit|firebreak)(\.(service|socket|scope))?$/;
export const VITAL_JOBS = /\/(com\.apple\..+|com\.openssh\.sshd|firebreak)$/;
